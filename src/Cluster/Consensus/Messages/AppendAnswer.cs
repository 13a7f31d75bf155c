using Warren.Storage;

namespace Warren.Cluster.Consensus.Messages;

/// <summary>What a follower has, durably, of its leader's log.</summary>
public sealed record AppendAnswer(Term Term) : RaftMessage(Term)
{
    /// <summary>The log is the leader's up to here. Rejected: the entry that was asked for and is not there.</summary>
    public required LogIndex Index { get; init; }

    public bool IsRejected { get; init; }

    /// <summary>Rejected: at most here, and at most in <see cref="HintTerm"/>, the logs may be the same.</summary>
    public LogIndex HintIndex { get; init; }

    public Term HintTerm { get; init; }

    public required Soundness Soundness { get; init; }

    /// <summary>The sender's (<see cref="HardState.Losses"/>).</summary>
    public required long Losses { get; init; }
}
