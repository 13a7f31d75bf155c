namespace Warren.Storage.Log;

/// <summary>What a record is; the byte on disk. See docs/formats/node-log.md.</summary>
internal enum RecordKind : byte
{
    /// <summary>An entry of a group's log; may release older ones.</summary>
    Entry = 1,

    /// <summary>What a group must remember beside its entries: term, vote, commit. The latest counts.</summary>
    State = 2,

    /// <summary>Entries from this index on, older than this record, are void.</summary>
    Truncate = 3,

    /// <summary>The group is gone: everything older of it is void.</summary>
    Drop = 4,

    /// <summary>Bytes that entries of several groups share.</summary>
    Body = 5,

    /// <summary>The segments that exist: the first record of every segment of the log.</summary>
    Roster = 6,

    /// <summary>One change of the roster: a segment of survivors added, others dropped.</summary>
    RosterChange = 7,

    /// <summary>Whether all entries of the group are there, and how many are not. The latest counts.</summary>
    Mark = 8,

    /// <summary>Damage of the log that every group has been marked for.</summary>
    Damage = 9,

    /// <summary>Entries of the group are wanted no more; said by somebody else than its owner.</summary>
    Release = 10,
}
