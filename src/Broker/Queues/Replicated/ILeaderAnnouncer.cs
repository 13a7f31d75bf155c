using Warren.Cluster;

namespace Warren.Broker.Queues.Replicated;

/// <summary>Who brings clients of all nodes to the leader of a replicated queue.</summary>
internal interface ILeaderAnnouncer
{
    /// <summary>
    /// Nodes whose clients may hold messages of the queue: those that can be reached, this one included.
    /// </summary>
    IEnumerable<NodeId> Nodes { get; }

    /// <summary>Clients come to this queue from now on, in this term.</summary>
    void BeginLeading(ReplicatedQueue queue, long term);

    /// <summary>
    /// They come no more; <paramref name="ended"/> is called, on any thread, behind the last of theirs.
    /// </summary>
    void EndLeading(ReplicatedQueue queue, Action ended);
}
