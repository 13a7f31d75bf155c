using Warren.Amqp;
using Warren.Broker.Queues.Replicated;
using Warren.Broker.Tests.Cluster.Nodes;
using Warren.Broker.Tests.Definitions;
using Warren.Cluster;
using Warren.Cluster.Consensus;
using Warren.Storage;
using Warren.Wire;

namespace Warren.Broker.Tests.Cluster;

/// <summary>Brokers whose turns, clock, disks and links go on one step at a time, drawn from a seed.</summary>
internal sealed class SimulatedCluster
{
    private readonly List<SimulatedNode> _nodes = [];
    private readonly int _graceMs;
    private readonly int _mostTurns;
    private readonly int _patienceMs;
    private readonly int _balancingQuietMs;
    private readonly int _balancingEveryMs;
    private readonly bool _onlyTells;
    private readonly RaftOptions _raft;
    private readonly BrokerOptions _options;
    private readonly NodeLogOptions? _log;
    private readonly Func<SimulatedNode, MessageBroker, ClusterSetup, IReplication>? _replicator;
    private long _steps;

    public SimulatedCluster(
        int founders, int joiners = 0, int seed = 1, int graceMs = 3000, int mostTurns = 3, int patienceMs = 5000,
        bool onlyTells = false, Func<SimulatedNode, MessageBroker, ClusterSetup, IReplication>? replicator = null,
        RaftOptions? raft = null, NodeLogOptions? log = null, BrokerOptions? options = null,
        int balancingQuietMs = 30_000, int balancingEveryMs = 5000)
    {
        Random = new Random(seed);
        Network = new SimulatedNetwork(Random);
        _graceMs = graceMs;
        _patienceMs = patienceMs;
        _balancingQuietMs = balancingQuietMs;
        _balancingEveryMs = balancingEveryMs;
        _mostTurns = mostTurns;
        _onlyTells = onlyTells;
        _raft = raft ?? new RaftOptions();
        _log = log;
        _options = options ?? new BrokerOptions();
        _replicator = replicator;
        NodeId[] ids = [.. Enumerable.Range(1, founders).Select(Samples.Node)];
        for (int number = 1; number <= founders + joiners; number++)
            AddNode(number <= founders ? ids : []);
    }

    public Random Random { get; }

    public ManualTime Time { get; } = new();

    public SimulatedNetwork Network { get; }

    public ClusterTruth Truth { get; } = new();

    public IReadOnlyList<SimulatedNode> Nodes => _nodes;

    public SimulatedNode this[int number] => _nodes[number - 1];

    public SimulatedNode? Leader =>
        _nodes.Where(node => node.IsUp && node.Store.Group.MayDecide).MaxBy(node => node.Store.Group.Term);

    public SimulatedCluster StartAll()
    {
        foreach (SimulatedNode node in _nodes)
            node.Start();
        return this;
    }

    /// <summary>One more node, that is not started.</summary>
    public SimulatedNode AddNode(params NodeId[] founders)
    {
        var node = new SimulatedNode(_nodes.Count + 1, Network, Time, Random, Truth)
        {
            Log = _log ?? SimulatedNode.SmallLog,
            WorksAtOnce = _log is not null,
            Founders = [.. founders],
            GraceMs = _graceMs,
            PatienceMs = _patienceMs,
            BalancingQuietMs = _balancingQuietMs,
            BalancingEveryMs = _balancingEveryMs,
            MostTurns = _mostTurns,
            OnlyTells = _onlyTells,
            Replicator = _replicator,
            Raft = _raft,
            Configuration = _options,
        };
        _nodes.Add(node);
        return node;
    }

    /// <summary>A node loses all its links, or has them again.</summary>
    public void SetCut(SimulatedNode node, bool isCut)
    {
        foreach (SimulatedNode other in _nodes.Where(other => other != node))
        {
            if (isCut)
                Network.Cut(node.Id, other.Id);
            else
                Network.Mend(node.Id, other.Id);
        }
    }

    /// <summary>Five milliseconds pass.</summary>
    public void Step(bool isQuick = false)
    {
        _steps++;
        Network.Step();
        foreach (SimulatedNode node in _nodes)
        {
            node.Work(isQuick);
            if (_steps % 20 == 0)
                node.Transport?.Tick();
            if (_steps % 50 == 0)
                node.Transport?.Beat();
        }
        Time.Advance(TimeSpan.FromMilliseconds(5));
    }

    public void Steps(int count)
    {
        for (; count > 0; count--)
            Step();
    }

    /// <summary>Goes on until something holds.</summary>
    public void Until(Func<bool> condition, int mostSteps = 8000, string what = "")
    {
        for (int step = 0; !condition(); step++)
        {
            if (step == mostSteps)
            {
                throw new InvalidOperationException(
                    $"{what} does not come:\n{string.Join('\n', _nodes)}\n"
                    + string.Join('\n', _nodes.SelectMany(node => node.Lines.TakeLast(3))));
            }
            Step();
        }
    }

    public void UntilServing(params ReadOnlySpan<int> numbers)
    {
        SimulatedNode[] wanted = numbers.IsEmpty ? [.. _nodes] : [.. numbers.ToArray().Select(number => this[number])];
        Until(() => wanted.All(node => node.IsServing), what: "service");
    }

    /// <summary>A client of a node, with a channel.</summary>
    public SimulatedConnection Connect(SimulatedNode node)
    {
        SimulatedConnection connection = node.Connect();
        Expect(connection, MethodId.ChannelOpenOk);
        return connection;
    }

    /// <summary>Goes on until a client gets this.</summary>
    public void Expect(SimulatedConnection connection, uint method, int mostSteps = 2000) => Until(
        () => connection.Take().Exists(received => received.Method == method), mostSteps, what: $"{method:x}");

    public Task Done(Task task, int mostSteps = 8000)
    {
        Until(() => task.IsCompleted, mostSteps, "an answer");
        return task;
    }
}
