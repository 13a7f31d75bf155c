using Warren.Storage;

namespace Warren.Cluster.Consensus.Messages;

/// <summary>How far a follower is with a snapshot.</summary>
public sealed record SnapshotAnswer(Term Term) : RaftMessage(Term)
{
    public required long Attempt { get; init; }

    public required SnapshotOutcome Outcome { get; init; }

    /// <summary>Of <see cref="SnapshotOutcome.Continue"/>: the chunk it wants.</summary>
    public long Offset { get; init; }

    /// <summary>Of <see cref="SnapshotOutcome.Installed"/>: the log is the leader's up to here, durably.</summary>
    public LogIndex Index { get; init; }

    public required Soundness Soundness { get; init; }

    /// <summary>The sender's (<see cref="HardState.Losses"/>).</summary>
    public required long Losses { get; init; }
}
