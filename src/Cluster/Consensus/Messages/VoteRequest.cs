using Warren.Storage;

namespace Warren.Cluster.Consensus.Messages;

/// <summary>Asks for a vote (thesis, section 3.4), or whether there would be one (9.6).</summary>
public sealed record VoteRequest(Term Term) : RaftMessage(Term)
{
    public required LogIndex LastIndex { get; init; }

    public required Term LastTerm { get; init; }

    /// <summary>Only asks; <see cref="RaftMessage.Term"/> is one above the sender's.</summary>
    public bool IsPreVote { get; init; }

    /// <summary>The leader itself wants it: not held up by those who still hear the leader.</summary>
    public bool IsTransfer { get; init; }
}
