namespace Warren.Cluster.Consensus;

/// <summary>A node in a group.</summary>
/// <param name="Id">Which.</param>
/// <param name="IsVoter">It counts for elections and commits; a learner only gets the log.</param>
public readonly record struct Member(NodeId Id, bool IsVoter)
{
    public override string ToString() => IsVoter ? $"{Id}" : $"{Id}(learner)";
}
