using System.Collections.Immutable;
using Warren.Cluster;

namespace Warren.Broker.Queues.Replicated;

/// <summary>The clients' side of replicated queues: their stand-ins, and how those find who leads.</summary>
internal interface IReplicatedClients : ILeaderAnnouncer
{
    /// <summary>Where this node's clients post what they want of such a queue.</summary>
    QueueHome MakeHome(string vhost, QueueSettings settings, ImmutableArray<NodeId> members);
}
