using System.Collections.Immutable;
using Warren.Broker.Definitions.Entries;
using Warren.Broker.Delays;
using Warren.Broker.Exchanges;
using Warren.Broker.Queues;
using Warren.Broker.Queues.Remote;
using Warren.Broker.Topology;
using Warren.Cluster;
using Warren.Cluster.Groups;
using Warren.Storage;

namespace Warren.Broker.Definitions.Nodes;

/// <summary>
/// What the leader of the definitions does for the members of replicated queues: where one is to be a member that is
/// not in the cluster any more, or has been away for very long, or others are than should be, it says which are from
/// now on. It goes by what there is, not by what has happened: whoever leads next goes on. It also makes what keeps the
/// messages of a delayed exchange that was declared when there were not nodes enough. Owned by the definitions' turn.
/// </summary>
internal sealed class QueueRepairs(DefinitionsStore store, LeaderDuties leader)
{
    /// <summary>Queues that are repaired by one turn; the next ones by the turn that has seen these applied.</summary>
    private const int AtOnce = 64;

    /// <summary>When one is looked at again whose group has not begun yet.</summary>
    private const long SoonMs = 250;

    private ImmutableSortedDictionary<NodeId, MemberEntry>? _seen;
    private Term _term;
    private LogIndex _proposed;
    private long _lookedMs;

    /// <summary>Something else than the nodes has changed.</summary>
    public void LookAgain() => _seen = null;

    /// <summary>The end of a turn.</summary>
    public void Drive(RaftGroup group)
    {
        MessageBroker broker = store.Broker;
        if (broker.Replication is null || !group.MayDecide || store.IsStuck
            || (group.Term == _term && group.Applied < _proposed))
            return;
        bool isNews = !ReferenceEquals(broker.Nodes.Members, _seen) || group.Term != _term;
        if (!isNews && broker.NowMs - _lookedMs < broker.Options.MembersLookIntervalMs)
            return;
        (_seen, _term, _lookedMs) = (broker.Nodes.Members, group.Term, broker.NowMs);
        int repaired = Repair(broker) + MakeStores(broker);
        if (repaired == 0)
            return;
        // Until nothing is left to do.
        _seen = null;
        _proposed = group.LastIndex;
    }

    private int Repair(MessageBroker broker)
    {
        Dictionary<NodeId, int> counts = QueuePlacement.CountMembers(broker);
        ImmutableArray<NodeId> absent = FindAbsent(broker);
        int repaired = 0;
        int replaced = 0;
        foreach (QueueDefinition queue in broker.QueuesAndStores())
        {
            if (repaired == AtOnce)
                break;
            ImmutableArray<NodeId> members = [];
            if (!queue.IsReplicated)
                members = QueuePlacement.WantsMembers(broker, queue) ? [queue.HomeNode] : [];
            else if (QueuePlacement.IsBegun(broker, queue))
                members = QueuePlacement.RepairedMembersOf(broker, queue, counts, absent);
            else if (broker.Nodes.Sessions.ContainsKey(queue.Members[0]))
                _lookedMs = Math.Min(_lookedMs, broker.NowMs - broker.Options.MembersLookIntervalMs + SoonMs);
            if (members.IsEmpty || members.SequenceEqual(queue.Members) || !Propose(broker, queue, members))
                continue;
            repaired++;
            replaced += queue.Members.Any(node => absent.Contains(node) && !members.Contains(node)) ? 1 : 0;
            foreach (NodeId node in members.Except(queue.Members))
                counts[node]++;
        }
        if (replaced > 0)
        {
            broker.Log(
                LogLevel.Warning, LogCategory.Queue,
                $"Members of {replaced} queues are replaced, on nodes that have been away for longer than "
                + $"{TimeSpan.FromMilliseconds(broker.Options.AbsentMembersReplacedAfterMs!.Value)}: "
                + string.Join(", ", absent.Select(broker.QueueLinks!.NameOf)));
        }
        return repaired;
    }

    // Those that have been away for so long that others are to take their places.
    private ImmutableArray<NodeId> FindAbsent(MessageBroker broker) =>
        broker.Options.AbsentMembersReplacedAfterMs is { } afterMs && store.Peers is { } peers
            ? [.. broker.Nodes.Members.Keys.Where(node => node != store.Self
                && !broker.Nodes.Sessions.ContainsKey(node) && peers.AbsentMs(node) >= afterMs)]
            : [];

    private int MakeStores(MessageBroker broker)
    {
        int made = 0;
        foreach ((string name, Vhost vhost) in broker.Topology.Vhosts)
        {
            foreach ((_, Exchange exchange) in vhost.Exchanges)
            {
                if (made == AtOnce)
                    return made;
                if (DelayStore.EntryOf(broker, broker.Topology, name, exchange) is { } entry
                    && leader.TryProposeAsLeader(entry, store.State.IndexOf(entry.Key)))
                    made++;
            }
        }
        return made;
    }

    private bool Propose(MessageBroker broker, QueueDefinition queue, ImmutableArray<NodeId> members)
    {
        // What was proposed before it may have been applied, and others with it.
        if (!broker.Topology.Vhosts.TryGetValue(queue.Vhost, out Vhost? vhost)
            || !vhost.TryFindQueueOrStore(queue.Name, out QueueDefinition? now) || now != queue)
            return false;
        var entry = new QueueMembersEntry
        {
            Vhost = queue.Vhost,
            Name = queue.Name,
            Queue = queue.Id.Value,
            Members = members,
            WishedSize = Math.Max(1, queue.WishedSize),
        };
        return leader.TryProposeAsLeader(entry, store.State.IndexOf(entry.Key));
    }
}
