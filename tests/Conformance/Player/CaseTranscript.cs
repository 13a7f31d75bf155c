namespace Warren.Conformance.Player;

/// <summary>What was seen, or is expected to be seen, in one case.</summary>
/// <param name="Id">The case's id.</param>
/// <param name="Title">What it is about.</param>
/// <param name="Reason">Why Warren differs from RabbitMQ 3.10 here; null in a recording.</param>
/// <param name="Lines">Steps indented by two, what was received by four.</param>
public sealed record CaseTranscript(string Id, string Title, string? Reason, IReadOnlyList<string> Lines);
