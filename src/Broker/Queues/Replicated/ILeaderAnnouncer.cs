using System.Collections.Immutable;
using Warren.Cluster;

namespace Warren.Broker.Queues.Replicated;

/// <summary>Who brings clients of all nodes to the leader of a replicated queue.</summary>
internal interface ILeaderAnnouncer
{
    /// <summary>
    /// Nodes whose clients may hold messages of the queue: those that live for all that is known, this one included.
    /// </summary>
    IEnumerable<NodeId> Nodes { get; }

    /// <summary>Clients come to this queue from now on, in this term.</summary>
    void BeginLeading(ReplicatedQueue queue, long term);

    /// <summary>A link to the node is there, or it is this one.</summary>
    bool IsUp(NodeId node);

    /// <summary>
    /// All nodes are told which members a queue has that this node leads; those that cannot be reached now, as soon as
    /// they can.
    /// </summary>
    void TellMembers(ReplicatedQueue queue, ReplicaStanding standing);

    /// <summary>
    /// All nodes are told, or asked, what time it is in a queue that this node leads: what
    /// <see cref="ReplicatedTime.Word"/> says when it goes; those that cannot be reached now, as soon as they can.
    /// </summary>
    void TellTime(ReplicatedQueue queue);

    /// <summary>A leader that has asked is answered.</summary>
    void TellTime(QueueId queue, NodeId to, TimeNews news);

    /// <summary>
    /// The members that have all of a queue which another node leads (<see cref="QueueHome.InStep"/>), if its leader
    /// has said so since a moment; else none. It is asked again on the way.
    /// </summary>
    ImmutableArray<NodeId> AskInStep(ReplicatedQueue queue, long sinceMs);

    /// <summary>
    /// They come no more; <paramref name="ended"/> is called, on any thread, behind the last of theirs.
    /// </summary>
    void EndLeading(ReplicatedQueue queue, Action ended);
}
