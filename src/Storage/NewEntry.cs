namespace Warren.Storage;

/// <summary>
/// What is appended to a group. <see cref="Body"/> and <see cref="Meta"/> are the owner's business: the first is read
/// again by position, the second comes back with recovery, without the body being read.
/// </summary>
public readonly ref struct NewEntry
{
    public required LogIndex Index { get; init; }

    public Term Term { get; init; }

    /// <summary>At most 65,535 bytes.</summary>
    public ReadOnlySpan<byte> Meta { get; init; }

    /// <summary>
    /// From <see cref="NodeLog.CopiedBodyBytes"/> on it must not change until the entry is durable: it is written from
    /// where it lies.
    /// </summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>Called, on the committer's thread, once <see cref="Body"/> may change.</summary>
    public Action? WhenWritten { get; init; }

    /// <summary>Instead of <see cref="Body"/>: one that entries of several groups share.</summary>
    public SharedBody? SharedBody { get; init; }

    /// <summary>Entries of the group that are wanted no more, ranges by rising index.</summary>
    public ReadOnlySpan<IndexRange> Releases { get; init; }

    /// <summary>
    /// The entry is live until it is released. Without it, it counts for what it releases and for the group's last
    /// index, and is done.
    /// </summary>
    public bool IsKept { get; init; }
}
