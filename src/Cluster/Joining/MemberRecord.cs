using Warren.Cluster.Links;

namespace Warren.Cluster.Joining;

/// <summary>A member of a cluster, as others are told of it.</summary>
/// <param name="Id">Its identity.</param>
/// <param name="Name">Its name; no two members have the same.</param>
/// <param name="Address">Where its peer port is.</param>
public sealed record MemberRecord(NodeId Id, NodeName Name, PeerAddress Address);
