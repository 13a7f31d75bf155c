namespace Warren.Storage.Recovery;

/// <summary>Whether all entries of a group are there: its latest mark, wherever that is now.</summary>
/// <param name="Lsn">0: it was never marked, and is sound.</param>
/// <param name="Position">Of the record.</param>
/// <param name="IsUnsound">Damage took something of the group, or may have.</param>
/// <param name="LostEntries">As many as are known to be lost; 0 if it is sound.</param>
internal readonly record struct GroupMark(Lsn Lsn, Position Position, bool IsUnsound, long LostEntries);
