using Warren.Storage;

namespace Warren.Cluster.Consensus.Messages;

/// <summary>What a whole snapshot stands for.</summary>
public sealed record SnapshotEnd
{
    /// <summary>The live set is that after this entry was applied.</summary>
    public required LogIndex Index { get; init; }

    public required Term Term { get; init; }

    /// <summary>As of <see cref="Index"/>.</summary>
    public required Membership Members { get; init; }

    /// <summary>
    /// The leader's when it completed the snapshot, in a term in which it had committed: an unsound member that has all
    /// of this lacks nothing it may ever have acknowledged.
    /// </summary>
    public required LogIndex Commit { get; init; }
}
