namespace Warren.Cluster.Consensus;

/// <summary>What a node is in its group (thesis, section 3.3, and 9.6 for the pre-candidate).</summary>
public enum RaftRole
{
    Follower,

    /// <summary>Asks whether it would be elected, without raising anybody's term.</summary>
    PreCandidate,

    Candidate,
    Leader,
}
