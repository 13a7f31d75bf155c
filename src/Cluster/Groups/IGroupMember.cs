using Warren.Cluster.Consensus.Messages;

namespace Warren.Cluster.Groups;

/// <summary>A group's owner, as the transport calls it: on any thread, to be posted to its turn.</summary>
public interface IGroupMember
{
    /// <summary>For <see cref="RaftGroup.Step(NodeId, RaftMessage)"/>; the message is the receiver's.</summary>
    void Receive(NodeId from, RaftMessage message);

    /// <summary>
    /// Heartbeats have gathered: call <see cref="RaftGroup.TakeHeartbeats"/> and <see cref="RaftGroup.Flush"/>.
    /// </summary>
    void Wake();
}
