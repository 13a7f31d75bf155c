using Warren.Storage;

namespace Warren.Cluster.Consensus;

/// <summary>
/// An entry of the replicated log. Its payload may have gone from memory: then it is in the node log, under this index
/// and term.
/// </summary>
public readonly record struct RaftEntry
{
    /// <summary>Index, term and lengths: what an entry counts beside its payload.</summary>
    public const int OverheadBytes = 32;

    public required LogIndex Index { get; init; }

    public required Term Term { get; init; }

    public required EntryKind Kind { get; init; }

    /// <summary>
    /// At most 65,535 bytes. The first is not 0 in what an owner writes (<see cref="MembershipFormat"/>).
    /// </summary>
    public ReadOnlyMemory<byte> Meta { get; init; }

    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>Bytes of meta and body, in memory or not.</summary>
    public required int PayloadBytes { get; init; }

    /// <summary>False: whoever sends or applies the entry reads it from the node log first.</summary>
    public bool IsInMemory => Meta.Length + Body.Length == PayloadBytes;

    public int SizeBytes => PayloadBytes + OverheadBytes;

    /// <summary>The same entry with the payload that was read for it.</summary>
    public RaftEntry With(ReadOnlyMemory<byte> meta, ReadOnlyMemory<byte> body)
    {
        Invariant.Holds(meta.Length + body.Length == PayloadBytes, "the payload that was read is another entry's");
        return this with { Meta = meta, Body = body };
    }

    internal RaftEntry WithoutPayload() => this with { Meta = default, Body = default };
}
