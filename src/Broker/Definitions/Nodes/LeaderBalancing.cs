using System.Collections.Immutable;
using Warren.Broker.Operations;
using Warren.Broker.Queues;
using Warren.Broker.Queues.Remote;
using Warren.Broker.Queues.Replicated;
using Warren.Cluster;
using Warren.Cluster.Groups;
using Warren.Storage;

namespace Warren.Broker.Definitions.Nodes;

/// <summary>
/// What the leader of the definitions does so that nodes lead about as many replicated queues each. When the cluster
/// has been whole for a while, and no node is under maintenance, it asks for a few moves at a time, as few as possible
/// in all (<see cref="LeaderPlan"/>). It begins when a node leads clearly more than another, and goes on until nothing
/// gets more even; a queue that was moved then stays for a while, so that none goes to and fro. It goes by what there
/// is: whoever leads next begins anew. Owned by the definitions' turn.
/// </summary>
internal sealed class LeaderBalancing(DefinitionsStore store, ClusterSetup? setup)
{
    /// <summary>Queues that are moved in one round: a thousand that one node of three leads take a quarter of an hour.
    /// </summary>
    private const int MovesAtOnce = 4;

    /// <summary>It begins when a node leads more than another by this share of what a node leads on average.</summary>
    private const int ClearShare = 10;

    /// <summary>A queue that has moved stays for so many rounds: ten minutes.</summary>
    private const int RoundsToStay = 120;

    /// <summary>What has come to nothing is tried again after so many rounds: a minute.</summary>
    private const int RoundsToRest = 12;

    private readonly List<LeaderMove> _asked = [];
    // Until when, by queue.
    private readonly Dictionary<QueueId, long> _stay = [];
    private ImmutableSortedDictionary<NodeId, Entries.MemberEntry>? _seen;
    private Term _term;
    private long _wholeSinceMs;
    private long _lookedMs;
    private long _notBeforeMs;
    private bool _isBalancing;

    /// <summary>The end of a turn.</summary>
    public void Drive(RaftGroup group)
    {
        MessageBroker broker = store.Broker;
        if (setup is null || broker.Replication is null || !broker.Options.BalancesLeaders || !group.MayDecide
            || store.IsStuck)
            return;
        long nowMs = broker.NowMs;
        bool isNews = group.Term != _term || !ReferenceEquals(broker.Nodes.Members, _seen);
        if (!isNews && nowMs - _lookedMs < setup.BalancingEveryMs)
            return;
        (_term, _seen, _lookedMs) = (group.Term, broker.Nodes.Members, nowMs);
        if (isNews || WholeSinceMs(broker, group) is not { } wholeSinceMs)
            Restart(nowMs);
        else if (!AreDisksWell(broker))
            _wholeSinceMs = nowMs;
        else if (nowMs - Math.Max(_wholeSinceMs, wholeSinceMs) >= setup.BalancingQuietMs)
            Balance(broker, nowMs);
    }

    // Whatever was moved before counts for nothing: nodes that went and came lead nothing now.
    private void Restart(long nowMs)
    {
        _wholeSinceMs = nowMs;
        _notBeforeMs = 0;
        _isBalancing = false;
        _asked.Clear();
        _stay.Clear();
    }

    // All members serve, reach each other, and are to lead; null: not now.
    private long? WholeSinceMs(MessageBroker broker, RaftGroup group)
    {
        ImmutableSortedDictionary<NodeId, Entries.MemberEntry> nodes = broker.Nodes.Members;
        if (nodes.Count < 2 || nodes.Count != group.Members.Members.Length || group.View.IsChanging)
            return null;
        long sinceMs = 0;
        foreach (NodeId node in nodes.Keys)
        {
            if (!group.Members.Contains(node) || !broker.Nodes.Sessions.ContainsKey(node)
                || broker.Maintenance.Includes(node))
                return null;
            if (node == setup!.Self)
                continue;
            // A leader that gave way to one that more nodes reach is not to be given it back.
            if (store.Peers!.UpSinceMs(node) is not { } upSinceMs
                || nodes.Keys.Any(other => other != node && other != setup.Self && !setup.Peers.Reaches(node, other)))
                return null;
            sinceMs = Math.Max(sinceMs, upSinceMs);
        }
        return sinceMs;
    }

    // What left a disk that stalls now and then stays away for as long as what was moved: nothing is forgotten.
    private bool AreDisksWell(MessageBroker broker) => broker.Disks is not { } disks
        || (!disks.IsUnfit && broker.Nodes.Members.Keys.All(node => node == setup!.Self || disks.MayLead(node)));

    private void Balance(MessageBroker broker, long nowMs)
    {
        NoteOutcomes(broker, nowMs);
        if (nowMs < _notBeforeMs)
            return;
        List<LedQueue> queues = FindLed(broker, nowMs);
        int average = queues.Count / broker.Nodes.Members.Count;
        IReadOnlyList<LeaderMove> moves = LeaderPlan.Make(
            queues, MovesAtOnce, _isBalancing ? 1 : Math.Max(1, average / ClearShare));
        _isBalancing = moves.Count > 0;
        if (moves.Count == 0)
            return;
        QueueLinks links = broker.QueueLinks!;
        foreach (LeaderMove move in moves)
            LeaderMoves.Ask(links, move);
        _asked.AddRange(moves);
        broker.Log(LogLevel.Info, LogCategory.Queue, Describe(links, queues, moves));
    }

    private void NoteOutcomes(MessageBroker broker, long nowMs)
    {
        foreach (QueueId queue in _stay.Where(stay => stay.Value <= nowMs).Select(static stay => stay.Key).ToList())
            _stay.Remove(queue);
        if (_asked.Count == 0)
            return;
        bool hasMoved = false;
        foreach (LeaderMove move in _asked)
        {
            bool isMoved = broker.QueueLinks!.LeaderBook.Of(move.Queue.Id.Value).Leader != move.From;
            hasMoved |= isMoved;
            _stay[move.Queue.Id] = nowMs + Rounds(isMoved ? RoundsToStay : RoundsToRest);
        }
        _asked.Clear();
        // Whoever leads them does not know how, or nobody is in step.
        if (!hasMoved)
            _notBeforeMs = nowMs + Rounds(RoundsToRest);
    }

    private long Rounds(int count) => (long)count * setup!.BalancingEveryMs;

    // Where members are changing nobody is asked to lead; such queues count.
    private List<LedQueue> FindLed(MessageBroker broker, long nowMs)
    {
        QueueLinks links = broker.QueueLinks!;
        var led = new List<LedQueue>();
        foreach (QueueDefinition queue in broker.AllQueues())
        {
            if (!queue.IsReplicated || broker.Members.LeaderOf(queue) is not { IsNone: false } leader)
                continue;
            bool mayMove = QueuePlacement.IsBegun(broker, queue) && !(_stay.GetValueOrDefault(queue.Id) > nowMs)
                && links.LeaderBook.MembersOf(queue.Id.Value) is { } told
                && told.Members.Length == queue.Members.Length && queue.Members.All(told.Voters.Contains);
            led.Add(new LedQueue(queue, leader, mayMove ? queue.Members.Remove(leader) : []));
        }
        return led;
    }

    private static string Describe(QueueLinks links, List<LedQueue> queues, IReadOnlyList<LeaderMove> moves)
    {
        string counts = string.Join(", ", LeaderPlan.Count(queues)
            .OrderByDescending(static one => one.Value).ThenBy(static one => one.Key)
            .Select(one => $"{links.NameOf(one.Key)} {one.Value}"));
        string moved = string.Join(", ", moves.Select(move =>
            $"'{move.Queue.Name}' in vhost '{move.Queue.Vhost}' from {links.NameOf(move.From)} to "
            + links.NameOf(move.To)));
        return $"Leaders of replicated queues are balanced ({counts}): {moved}";
    }
}
