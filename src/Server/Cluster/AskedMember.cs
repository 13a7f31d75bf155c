using Warren.Cluster.Joining;
using Warren.Cluster.Links;

namespace Warren.Server.Cluster;

/// <summary>What came of asking a node to be let in or out.</summary>
/// <param name="Answer">What it says, or why it was not asked.</param>
/// <param name="Met">Who it has proved to be, of whatever cluster or none; null: it was not met.</param>
internal sealed record AskedMember(MembershipAnswer Answer, PeerIdentity? Met)
{
    /// <summary>It was met, and cannot say whether it is in a cluster.</summary>
    public bool IsUnidentified { get; init; }
}
