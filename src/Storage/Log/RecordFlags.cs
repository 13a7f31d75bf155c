namespace Warren.Storage.Log;

/// <summary>The flags of a record on disk.</summary>
[Flags]
internal enum RecordFlags : byte
{
    None = 0,

    /// <summary>
    /// The entry's body is a <see cref="RecordKind.Body"/> record, whose LSN stands behind the header.
    /// </summary>
    SharedBody = 1,

    /// <summary>The entry is live until it is released; without it, it is done with as soon as it is applied.</summary>
    Kept = 2,

    /// <summary>
    /// A copy of a record whose segment went: it keeps its LSN, creates nothing and truncates nothing.
    /// </summary>
    Survivor = 4,
}
