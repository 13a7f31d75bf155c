using Warren.Cluster.Consensus;

namespace Warren.Broker.Operations;

/// <summary>How one node's member of a quorum queue stands. Indexes are those of the queue's log; 0: none.</summary>
public sealed record MemberStatus
{
    public required RaftRole Role { get; init; }

    /// <summary>It has lost something, and waits for the leader to bring it all.</summary>
    public bool NeedsSnapshot { get; init; }

    /// <summary>Whether it votes; null: it does not know itself to be a member.</summary>
    public bool? IsVoter { get; init; }

    public long LastIndex { get; init; }

    /// <summary>Its log is on stable storage up to here.</summary>
    public long DurableIndex { get; init; }

    public long AppliedIndex { get; init; }

    public long CommitIndex { get; init; }

    /// <summary>Up to here the log is compacted.</summary>
    public long CompactedIndex { get; init; }

    public long Term { get; init; }
}
