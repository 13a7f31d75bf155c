using Warren.Storage;

namespace Warren.Cluster.Consensus.Messages;

/// <summary>
/// A part of what lies before the leader's log. Only the last says what index the whole is complete at.
/// </summary>
public sealed record SnapshotChunk(Term Term) : RaftMessage(Term)
{
    /// <summary>Rising in a leader's term; chunks of two attempts never mix.</summary>
    public required long Attempt { get; init; }

    /// <summary>
    /// The receiver's (<see cref="HardState.Losses"/>), as the leader knows it: a snapshot from before a loss does not
    /// make up for it, since the leader may since have counted what is lost.
    /// </summary>
    public required long Losses { get; init; }

    /// <summary>Bytes before this one.</summary>
    public required long Offset { get; init; }

    public required ReadOnlyMemory<byte> Bytes { get; init; }

    /// <summary>CRC-32C of offset and bytes.</summary>
    public required uint Checksum { get; init; }

    /// <summary>Of the last chunk; null in all others.</summary>
    public SnapshotEnd? End { get; init; }
}
