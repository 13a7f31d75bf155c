using System.Collections.Immutable;
using Warren.Broker.Queues;
using Warren.Broker.Queues.Remote;
using Warren.Cluster;

namespace Warren.Broker.Operations;

/// <summary>
/// The nodes that a queue has members on, by their names, as whoever leads it has told this node; until somebody has,
/// those that it is to have. A queue that is not replicated has its home alone. Any thread.
/// </summary>
/// <param name="broker">This node's.</param>
/// <param name="queue">Which.</param>
public readonly struct QueueMembers(MessageBroker broker, QueueDefinition queue)
{
    /// <summary>All, those that have yet to catch up as well.</summary>
    public ImmutableArray<string> Names => queue.IsReplicated ? NamesOf(Nodes) : [broker.HomeNameOf(queue)];

    /// <summary>Those that it is to have; see <see cref="QueueDefinition.Members"/>.</summary>
    public ImmutableArray<string> WishedNames =>
        queue.IsReplicated ? NamesOf(queue.Members) : [broker.HomeNameOf(queue)];

    /// <summary>Those of <see cref="Names"/> that this node reaches.</summary>
    public ImmutableArray<string> OnlineNames => queue.IsReplicated
        ? NamesOf(Nodes.Where(Links.IsUp))
        : queue.Home.IsReached ? [broker.HomeNameOf(queue)] : [];

    /// <summary>The node that leads it; if none does, the one that it is shown on.</summary>
    public string LeaderName => queue.IsReplicated ? NamesOf([Leader])[0] : broker.HomeNameOf(queue);

    /// <summary>All but the one that leads: RabbitMQ's mirrors.</summary>
    public ImmutableArray<string> FollowerNames => queue.IsReplicated ? NamesOf(Followers) : [];

    /// <summary>Those of the followers that have all of the queue, and that this node reaches.</summary>
    public ImmutableArray<string> FollowerNamesInStep
    {
        get
        {
            if (!queue.IsReplicated)
                return [];
            ImmutableArray<NodeId> inStep = queue.Home.InStep;
            return NamesOf(Followers.Where(Links.IsUp).Where(inStep.Contains));
        }
    }

    private NodeId Leader =>
        queue.IsReplicated && Links.LeaderBook.Of(queue.Id.Value).Leader is { IsNone: false } leader
        && Links.IsUp(leader)
            ? leader
            : queue.HomeNode;

    private IEnumerable<NodeId> Followers
    {
        get
        {
            NodeId leader = Leader;
            return Nodes.Where(node => node != leader);
        }
    }

    private QueueLinks Links => broker.QueueLinks!;

    private IEnumerable<NodeId> Nodes
    {
        get
        {
            ImmutableArray<NodeId> wished = queue.Members;
            return Links.LeaderBook.MembersOf(queue.Id.Value) is { } told
                ? told.Members.Select(static member => member.Id)
                    .OrderBy(node => wished.Contains(node) ? wished.IndexOf(node) : int.MaxValue)
                : wished;
        }
    }

    private ImmutableArray<string> NamesOf(IEnumerable<NodeId> nodes)
    {
        QueueLinks links = Links;
        return [.. nodes.Select(links.NameOf)];
    }
}
