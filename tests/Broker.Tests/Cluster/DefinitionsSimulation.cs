using Warren.Amqp;
using Warren.Broker.Definitions;
using Warren.Broker.Definitions.Entries;
using Warren.Broker.Exchanges;
using Warren.Broker.Queues;
using Warren.Broker.Tests.Definitions;
using Warren.Broker.Topology;
using Warren.Cluster;

namespace Warren.Broker.Tests.Cluster;

/// <summary>
/// One run: clients and operators at all nodes make and remove definitions, while nodes crash and links fail. What was
/// answered is kept as it must be, and compared when all is well again.
/// </summary>
internal sealed class DefinitionsSimulation
{
    private readonly Random _random;
    private readonly SimulatedCluster _cluster;
    private readonly int _size;
    private readonly List<(
        string Queue, SimulatedNode Node, bool Makes, Task Task, long AskedAt, MessageBroker Broker)> _waiting = [];
    // True: must be there, false: must not be; missing: it may be either.
    private readonly Dictionary<string, bool> _queues = [];
    private readonly HashSet<string> _uncertain = [];
    private int _names;

    public DefinitionsSimulation(int seed)
    {
        _random = new Random(seed);
        _size = _random.Next(4) == 0 ? 5 : 3;
        _cluster = new SimulatedCluster(_size, seed: seed, graceMs: 1000 + _random.Next(4000), onlyTells: true);
    }

    public int Answered { get; private set; }

    public int Refused { get; private set; }

    public void Run()
    {
        _cluster.StartAll();
        _cluster.UntilServing();
        for (int round = 0; round < 12; round++)
        {
            Disturb();
            for (int step = 100 + _random.Next(400); step > 0; step--)
            {
                if (_random.Next(4) == 0)
                    Change();
                _cluster.Step();
                TakeAnswers();
            }
        }
        Heal();
        Compare();
    }

    private void Disturb()
    {
        SimulatedNode one = Draw();
        switch (_random.Next(8))
        {
            case 0:
                one.Crash();
                break;
            case 1 when !one.IsUp:
                one.Start();
                break;
            case 2:
                foreach (SimulatedNode other in _cluster.Nodes.Where(node => node != one))
                    _cluster.Network.Cut(one.Id, other.Id);
                break;
            case 3:
                SimulatedNode peer = Draw();
                if (peer != one)
                    _cluster.Network.Cut(one.Id, peer.Id);
                break;
            case 4:
                _cluster.Network.LossPercent = _random.Next(3) * 10;
                _cluster.Network.MostDelay = 1 + _random.Next(8);
                break;
            case 5 when _cluster.Leader is { } leader:
                leader.Store.Post(new TurnEvent(() => leader.Store.Leader!.TransferLeadership(one.Id, new())));
                break;
            case 6:
                foreach (SimulatedNode node in _cluster.Nodes)
                    node.Crash();
                foreach (SimulatedNode node in _cluster.Nodes)
                    node.Start();
                Forget();
                break;
            default:
                _cluster.Network.MendAll();
                foreach (SimulatedNode node in _cluster.Nodes.Where(node => !node.IsUp))
                    node.Start();
                break;
        }
        Forget();
    }

    private SimulatedNode Draw() => _cluster.Nodes[_random.Next(_size)];

    private void Change()
    {
        SimulatedNode node = Draw();
        if (!node.IsServing)
            return;
        MessageBroker broker = node.Broker!;
        switch (_random.Next(9))
        {
            case 8:
                Replicate(node);
                break;
            case 0:
                broker.Administration.Users.PutAsync(
                    $"u{_random.Next(4)}", broker.Administration.Users.NewHash($"p{_random.Next(3)}"), []);
                break;
            case 1:
                broker.Administration.Users.DeleteAsync($"u{_random.Next(4)}");
                break;
            case 2:
                string exchange = $"x{_random.Next(3)}";
                Post(node, store => store.Commit(_random.Next(3) == 0
                    ? new RemovalEntry(DefinitionKey.OfExchange("/", exchange)) { IfUnused = _random.Next(2) == 0 }
                    : new ExchangeEntry("/", new ExchangeDeclaration
                    {
                        Name = exchange,
                        Type = ExchangeTypes.Fanout,
                        Durable = _random.Next(2) == 0,
                        AutoDelete = _random.Next(3) == 0,
                    })));
                break;
            case 3 when Existing() is { } bound:
                var binding = new Binding($"x{_random.Next(3)}", DestinationKind.Queue, bound, "k", FieldTable.Empty);
                Post(node, store =>
                {
                    var entry = new BindingEntry("/", binding);
                    if (entry.Missing(store.NewDraft()) is null)
                        store.Commit(entry);
                });
                break;
            case 4 when Existing() is { } doomed && broker.Topology.Vhosts.TryGetValue("/", out Vhost? vhost)
                && vhost.Queues.TryGetValue(doomed, out QueueDefinition? definition):
                var removed = new TaskCompletionSource();
                _uncertain.Add(doomed);
                node.Store.Post(new RemoveQueue(definition, removed));
                _waiting.Add((doomed, node, false, removed.Task, _cluster.Network.Now, broker));
                break;
            case 5:
                Post(node, store => store.Commit(new QueueEntry
                {
                    Vhost = "/",
                    Name = $"exclusive{++_names}",
                    Durable = _random.Next(2) == 0,
                    OwnerConnectionId = 1 + _random.Next(3),
                    DeclaredArguments = FieldTable.Empty,
                }));
                break;
            default:
                string name = $"q{++_names}";
                var arguments = new FieldTable();
                if (_random.Next(3) == 0)
                    arguments["x-queue-type"] = FieldValue.Of("quorum");
                if (_random.Next(20) == 0)
                    arguments["x"] = FieldValue.Of(new string('x', 70_000));
                _waiting.Add((
                    name, node, true, broker.Operations.DeclareAsync("/", name, true, false, arguments),
                    _cluster.Network.Now, broker));
                break;
        }
    }

    // A member that no cluster has is taken out by the leader soon, with the queues that it has alone: others are shown
    // on the next of theirs.
    private void Replicate(SimulatedNode node)
    {
        int stranger = 50 + _random.Next(2);
        bool isAlone = _random.Next(3) == 0;
        int after = 1 + _random.Next(_size);
        string name = $"stranger{++_names}";
        Post(node, store =>
        {
            store.Commit(Samples.Member(stranger));
            store.Commit(Samples.ReplicatedQueue(name, "/", isAlone ? [stranger] : [stranger, after]));
        });
    }

    private string? Existing()
    {
        string[] there = [.. _queues.Where(queue => queue.Value).Select(queue => queue.Key)];
        return there.Length == 0 ? null : there[_random.Next(there.Length)];
    }

    private static void Post(SimulatedNode node, Action<DefinitionsStore> change) => node.Store.Post(new Plain(change));

    private void TakeAnswers()
    {
        foreach ((string queue, SimulatedNode node, bool makes, Task task, long askedAt, _) in _waiting)
        {
            if (!task.IsCompleted)
                continue;
            if (!task.IsCompletedSuccessfully)
            {
                Refused++;
                _uncertain.Add(queue);
                continue;
            }
            Answered++;
            if (makes)
            {
                _queues[queue] = true;
                _uncertain.Remove(queue);
            }
            else
            {
                _queues[queue] = false;
                _uncertain.Remove(queue);
            }
            foreach (SimulatedNode other in _cluster.Nodes)
            {
                // Whoever may go by what it has, reached or not, and serves in a session that has not been ended
                // meanwhile, has it. Who is linked with this node, but not with the leader, is waited for no longer
                // than its lease may last.
                bool isReached = other.IsServing && (other == node || other.Store.HasLease);
                isReached = isReached && node.Broker?.Nodes.Sessions.GetValueOrDefault(other.Id) is { } session
                    && session == other.Broker!.Nodes.Sessions.GetValueOrDefault(other.Id);
                if (isReached && !_uncertain.Contains(queue) && other.Has(queue) != _queues[queue])
                {
                    throw new InvalidOperationException(
                        $"{queue} was {(makes ? "made" : "removed")} at {node.Name}, and {other.Name} does not know:\n"
                        + $"{node}\n{other}\nasked at step {askedAt} of {_cluster.Network.Now}, link as it is since "
                        + $"{_cluster.Network.ChangedAt(node.Id, other.Id)}");
                }
            }
        }
        _waiting.RemoveAll(static one => one.Task.IsCompleted);
    }

    /// <summary>Who asked a node that has crashed is not answered any more.</summary>
    private void Forget()
    {
        foreach ((string queue, SimulatedNode node, _, Task task, _, MessageBroker broker) in _waiting)
        {
            if (node.Broker != broker && !task.IsCompleted)
                _uncertain.Add(queue);
        }
        _waiting.RemoveAll(static one => one.Node.Broker != one.Broker && !one.Task.IsCompleted);
    }

    private void Heal()
    {
        _cluster.Network.MendAll();
        _cluster.Network.LossPercent = 0;
        foreach (SimulatedNode node in _cluster.Nodes.Where(node => !node.IsUp))
            node.Start();
        _cluster.UntilServing();
        _cluster.Until(
            () =>
            {
                TakeAnswers();
                return _waiting.All(one => one.Task.IsCompleted)
                    && _cluster.Nodes.All(node => node.IsServing && node.Broker!.Cluster.Status.IsSettled)
                    && _cluster.Nodes.Select(node => node.Store.Group.Applied).Distinct().Count() == 1;
            },
            mostSteps: 12_000, what: "agreement");
    }

    private void Compare()
    {
        foreach (SimulatedNode node in _cluster.Nodes)
        {
            _cluster.Truth.Check(node);
            foreach ((string queue, bool isThere) in _queues)
            {
                if (!_uncertain.Contains(queue) && node.Has(queue) != isThere)
                {
                    throw new InvalidOperationException(
                        $"{node.Name}: {queue} {(isThere ? "was made and is gone" : "was removed and is there")}");
                }
            }
        }
    }

    private sealed class Plain(Action<DefinitionsStore> change) : DefinitionsChange
    {
        internal override void Apply(DefinitionsStore store) => change(store);
    }
}
