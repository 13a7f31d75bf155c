namespace Warren.Cluster.Consensus;

/// <summary>What may be done to a membership. Nobody votes who was not a learner, but for the founders.</summary>
public enum MembershipChangeKind
{
    AddLearner,

    /// <summary>A learner that has caught up becomes a voter.</summary>
    Promote,

    Remove,
}
