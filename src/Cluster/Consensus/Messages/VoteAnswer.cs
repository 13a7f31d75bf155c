using Warren.Storage;

namespace Warren.Cluster.Consensus.Messages;

/// <summary>Granted: the term that was asked for. Refused: the sender's own.</summary>
public sealed record VoteAnswer(Term Term) : RaftMessage(Term)
{
    public required bool IsPreVote { get; init; }

    public required bool IsGranted { get; init; }
}
