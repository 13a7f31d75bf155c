using Warren.Cluster;

namespace Warren.Broker.Definitions.Nodes;

/// <summary>A member of the cluster, as this node sees it.</summary>
/// <param name="Node">Who.</param>
/// <param name="Name">Such as <c>rabbit@host1</c>; empty: it has not been told yet.</param>
/// <param name="Address">Where its peers find it.</param>
/// <param name="IsVoter">False: a learner, which is brought up to date and counts for no majority.</param>
/// <param name="IsServing">It has a session: its clients' definitions are there.</param>
public sealed record ClusterMember(NodeId Node, string Name, string Address, bool IsVoter, bool IsServing);
