namespace Warren.Cluster.Links;

/// <summary>What a connection to the peer port is for. The numbers are on the wire.</summary>
public enum LinkPurpose : byte
{
    /// <summary>The link between two members of a cluster, or between two nodes that are about to found one.</summary>
    Peer = 1,

    /// <summary>A node that is no member asks a member.</summary>
    Join = 2,

    /// <summary>The command-line tool of another host asks a node.</summary>
    Command = 3,
}
