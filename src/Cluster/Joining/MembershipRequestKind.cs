namespace Warren.Cluster.Joining;

/// <summary>What a node wants of a member of the cluster. The numbers are on the wire.</summary>
public enum MembershipRequestKind : byte
{
    /// <summary>To become a member; asking again changes nothing.</summary>
    Join = 1,

    /// <summary>To be a member no more: it is reset.</summary>
    Leave = 2,

    /// <summary>To take a member out that is down.</summary>
    Forget = 3,
}
