namespace Warren.Cluster.Identity;

/// <summary>
/// Who the node of a data directory is, and where it belongs; in the directory's <see cref="IdentityFile"/>.
/// </summary>
/// <param name="Node">The directory's own, for good.</param>
/// <param name="Cluster">
/// The cluster it is a member of, or is joining; <see cref="ClusterId.None"/> while it waits for those it is to found
/// one with.
/// </param>
/// <param name="Generation">
/// How often the cluster was begun anew by force, from 1: nodes of different generations refuse each other.
/// </param>
public sealed record NodeIdentity(NodeId Node, ClusterId Cluster, long Generation);
