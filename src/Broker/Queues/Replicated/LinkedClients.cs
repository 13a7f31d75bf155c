using System.Collections.Concurrent;
using System.Collections.Immutable;
using Warren.Broker.Queues.Remote;
using Warren.Cluster;

namespace Warren.Broker.Queues.Replicated;

/// <summary>Clients of all nodes, who come to a leader by lines.</summary>
internal sealed class LinkedClients(MessageBroker broker) : IReplicatedClients
{
    private static readonly TimeSpan CountsPatience = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<ReplicatedQueue, ReplicatedLeader> _leaders = new();

    public IEnumerable<NodeId> Nodes =>
        Links.AllPeers.Where(static peer => peer.MayLive).Select(static peer => peer.Id).Append(Links.Self);

    private QueueLinks Links => broker.QueueLinks!;

    public QueueHome MakeHome(string vhost, QueueSettings settings, ImmutableArray<NodeId> members) =>
        new ReplicatedHome(broker, Links, settings);

    public void BeginLeading(ReplicatedQueue queue, long term)
    {
        var leader = new ReplicatedLeader(queue.Definition.Id.Value, queue, term);
        _leaders[queue] = leader;
        Links.BeginLeading(leader);
    }

    public bool IsUp(NodeId node) => Links.IsUp(node);

    public void TellMembers(ReplicatedQueue queue, ReplicaStanding standing) =>
        Links.TellMembers(queue.Definition.Id.Value, standing);

    public void TellTime(ReplicatedQueue queue) => Links.TellTime(queue.Definition.Id.Value);

    public void TellTime(QueueId queue, NodeId to, TimeNews news) =>
        Links.PeerOf(to).News.Answer(queue.Value, news);

    public ImmutableArray<NodeId> AskInStep(ReplicatedQueue queue, long sinceMs)
    {
        _ = Links.RefreshCountsAsync(CountsPatience);
        return queue.Definition.Home.InStepSince(sinceMs);
    }

    public void EndLeading(ReplicatedQueue queue, Action ended)
    {
        if (_leaders.TryRemove(queue, out ReplicatedLeader? leader))
            Links.EndLeading(leader, ended);
        else
            ended();
    }
}
