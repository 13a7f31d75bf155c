namespace Warren.Conformance.Player;

/// <summary>How a scenario went: its transcripts, or why it could not be played to the end.</summary>
public sealed record Performance(IReadOnlyList<CaseTranscript> Cases, Exception? Failure);
