namespace Warren.Broker.Definitions.Entries;

/// <summary>How far a node session's proposals are in the log.</summary>
/// <param name="Session">The index of its entry.</param>
/// <param name="Number">The highest that is there.</param>
internal readonly record struct SessionNumber(long Session, long Number);
