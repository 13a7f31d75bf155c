using Warren.Cluster.Peers;

namespace Warren.Cluster.Groups;

/// <summary>The frames of groups (docs/formats/raft.md). On the wire.</summary>
internal static class GroupFrameKind
{
    /// <summary>A whole message.</summary>
    public const ushort Message = PeerFrameKind.FirstOfGroups;

    /// <summary>A piece of one that is longer than a frame.</summary>
    public const ushort Piece = PeerFrameKind.FirstOfGroups + 1;

    /// <summary>Lines of heartbeats.</summary>
    public const ushort Heartbeats = PeerFrameKind.FirstOfGroups + 2;

    /// <summary>Lines of answers.</summary>
    public const ushort Answers = PeerFrameKind.FirstOfGroups + 3;

    /// <summary>Groups that rest: all is as it was.</summary>
    public const ushort Rest = PeerFrameKind.FirstOfGroups + 4;

    /// <summary>Answers to that.</summary>
    public const ushort RestAnswers = PeerFrameKind.FirstOfGroups + 5;

    /// <summary>The group, before a whole message.</summary>
    public const int MessageHeadBytes = 8;

    /// <summary>Group, length of the whole message, offset of the piece.</summary>
    public const int PieceHeadBytes = 8 + 4 + 4;
}
