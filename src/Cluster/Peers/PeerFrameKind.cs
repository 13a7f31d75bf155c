namespace Warren.Cluster.Peers;

/// <summary>Who a frame is for: each part of the node has 256 kinds, the same in all classes. On the wire.</summary>
public static class PeerFrameKind
{
    /// <summary>Consensus: messages and heartbeats of groups.</summary>
    public const ushort FirstOfGroups = 0x0100;

    /// <summary>Definitions: proposals, and how far they are applied.</summary>
    public const ushort FirstOfDefinitions = 0x0200;

    /// <summary>Queues on other nodes.</summary>
    public const ushort FirstOfQueues = 0x0300;

    /// <summary>Joining, leaving and founding.</summary>
    public const ushort FirstOfMembership = 0x0400;

    /// <summary>The command-line tools of other hosts.</summary>
    public const ushort FirstOfCommands = 0x0500;
}
