namespace Warren.Storage;

/// <summary>
/// Where a record will lie, and the LSN whose durability is its own (<see cref="IGroupOwner.Durable"/>).
/// </summary>
public readonly record struct Appended(Position Position, Lsn Lsn);
