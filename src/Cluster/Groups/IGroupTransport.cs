using Warren.Cluster.Consensus.Messages;
using Warren.Storage;

namespace Warren.Cluster.Groups;

/// <summary>
/// How the groups of a node talk with their members on other nodes: messages of any size, and one batch of heartbeats
/// for all of them. Any thread; nothing waits.
/// </summary>
public interface IGroupTransport
{
    /// <summary>Sends, or loses, a message: consensus sends again what matters.</summary>
    void Send(NodeId to, GroupId group, RaftMessage message);

    /// <summary>Takes a group in: its messages and its heartbeats come to it from now on.</summary>
    /// <returns>To be set as <see cref="RaftGroup.Heartbeats"/>, and given back when the group ends.</returns>
    HeartbeatSlot Register(GroupId group, IGroupMember member);

    /// <summary>The group is gone from this node.</summary>
    void Remove(HeartbeatSlot slot);
}
