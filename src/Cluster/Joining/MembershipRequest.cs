namespace Warren.Cluster.Joining;

/// <summary>
/// What a node asks of a member on a link of purpose Join, or one member of another (docs/formats/membership.md).
/// </summary>
/// <param name="Kind">What is wanted.</param>
/// <param name="Node">Whom it is about: who asks, but for a node that is to be forgotten.</param>
public sealed record MembershipRequest(MembershipRequestKind Kind, MemberRecord Node);
