namespace Warren.Storage;

/// <summary>An entry that was copied from one place to another.</summary>
public readonly record struct MovedEntry(LogIndex Index, Position From, Position To);
