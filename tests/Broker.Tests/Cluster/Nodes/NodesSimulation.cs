using Warren.Amqp;
using Warren.Broker.Definitions;
using Warren.Broker.Definitions.Entries;
using Warren.Broker.Delays;
using Warren.Broker.Exchanges;
using Warren.Broker.Queues;
using Warren.Broker.Queues.Replicated;
using Warren.Broker.Topology;
using Warren.Wire;

namespace Warren.Broker.Tests.Cluster.Nodes;

/// <summary>
/// Whole brokers with clients at all of them, on one thread from one seed: their turns, disks, links and clocks. Nodes
/// crash, join and are forgotten, disks are slow or full, links break, one way or both, clocks jump. Everything that a
/// client is told is compared with what all have been told before, and in the end, when all is well again, with what is
/// there.
/// </summary>
internal sealed class NodesSimulation
{
    /// <summary>Those that are always there, m0, m1, ..., each on another node.</summary>
    public const int Queues = 5;

    private const int Rounds = 12;

    private const int SingleClients = 7;

    /// <summary>Dead letters have arrived after so many steps without faults.</summary>
    private const int ArrivalSteps = 400;

    private readonly Dictionary<string, NameHistory> _queues = [];
    private readonly Dictionary<string, NameHistory> _bindings = [];
    private readonly List<NodeClient> _clients = [];
    private readonly NodesFaults _faults;
    private readonly QuietQueues _quiet;
    private int _names = 3;

    private NodesSimulation(int seed, bool replicates, bool mirrors, bool isWide)
    {
        Random = new Random(seed);
        Mirrors = mirrors;
        IsWide = isWide;
        int founders = Random.Next(4) == 0 ? 5 : 3;
        Replicates = replicates;
        // Leaders are balanced between faults too.
        Cluster = new SimulatedCluster(
            founders, seed: seed, graceMs: 1000 + Random.Next(4000), mostTurns: 24, balancingQuietMs: 1000,
            balancingEveryMs: 250);
        Ledger = new MessageLedger(Cluster);
        _faults = new NodesFaults(this);
        _quiet = new QuietQueues(this);
        for (int number = 1; number <= 3; number++)
        {
            _clients.Add(new DefiningClient(this, number));
            _clients.Add(new PublishingClient(this, number));
            _clients.Add(new ConsumingClient(this, number));
            _clients.Add(new ConsumingClient(this, number + 3));
            _clients.Add(new OwningClient(this, number));
        }
        for (int number = 1; isWide && number <= SingleClients; number++)
            _clients.Add(new SingleClient(this, number + 6));
        Owners = [.. _clients.OfType<OwningClient>()];
    }

    public Random Random { get; }

    public SimulatedCluster Cluster { get; }

    public MessageLedger Ledger { get; }

    public IReadOnlyList<OwningClient> Owners { get; }

    /// <summary>Some of the queues that are always there have members on several nodes.</summary>
    public bool Replicates { get; }

    /// <summary>A policy gives classic queues members on several nodes, and takes them again.</summary>
    public bool Mirrors { get; }

    /// <summary>Some messages are transient, and some queues have one active consumer at a time.</summary>
    public bool IsWide { get; }

    /// <summary>What clients were refused with.</summary>
    public HashSet<string> Reasons { get; } = [];

    public ref NodesReport Report => ref _report;

    private NodesReport _report;

    /// <summary>One run.</summary>
    /// <param name="seed">Decides all.</param>
    /// <param name="replicates">Some of the queues that are always there have members on several nodes.</param>
    /// <param name="mirrors">A policy gives classic queues members on several nodes, and takes them again.</param>
    /// <param name="isWide">
    /// Some messages are transient, and some queues have one active consumer at a time.
    /// </param>
    /// <exception cref="NodesException">What must never happen has; the message names the seed.</exception>
    public static NodesReport Run(
        int seed, bool replicates = false, bool mirrors = false, bool isWide = false)
    {
        var simulation = new NodesSimulation(seed, replicates, mirrors, isWide);
        NodesReport report = default;
        Exception? found = null;
        // Without a context of the tests' framework what waits goes on inline.
        var thread = new Thread(() =>
        {
            try
            {
                report = simulation.Run();
            }
            catch (Exception error)
            {
                found = error;
            }
        });
        thread.Start();
        thread.Join();
        return found is null
            ? report
            : throw new NodesException($"seed {seed}, step {simulation.Cluster.Network.Now}: {found.Message}\n"
                + (found is NodesException ? "" : found.StackTrace + "\n")
                + $"{string.Join('\n', simulation.Cluster.Nodes)}\n"
                + string.Join('\n', simulation._faults.Story.TakeLast(8)));
    }

    public NameHistory Queue(string name) => Of(_queues, name);

    public NameHistory Binding(string name) => Of(_bindings, name);

    /// <summary>One of the newest names.</summary>
    public string DrawName()
    {
        if (Random.Next(30) == 0)
            _names++;
        return $"d{Random.Next(Math.Max(0, _names - 6), _names)}";
    }

    /// <summary>
    /// What was answered by one node is true on it and on all that may route and answer by what they have, whether or
    /// not they reach each other.
    /// </summary>
    public void CheckEverywhere(SimulatedNode node, Action<SimulatedNode> check)
    {
        foreach (SimulatedNode other in Cluster.Nodes)
        {
            if (other == node || (other.IsUp && other.Store.HasLease))
                check(other);
        }
    }

    private static NameHistory Of(Dictionary<string, NameHistory> histories, string name)
    {
        if (!histories.TryGetValue(name, out NameHistory? history))
            histories.Add(name, history = new NameHistory());
        return history;
    }

    private NodesReport Run()
    {
        Cluster.StartAll();
        Cluster.UntilServing();
        Cluster.Network.MostNoticeDelay = 150;
        Prepare();
        for (int round = 0; round < Rounds; round++)
        {
            _faults.Draw();
            if (Mirrors && Random.Next(3) == 0)
                _faults.ChangeMirrors();
            for (int steps = 100 + Random.Next(600); steps > 0 || _faults.IsCuttingOff; steps--)
                Step();
        }
        Heal();
        if (IsWide)
            TakeAll();
        foreach (NodeClient client in _clients)
            client.IsLeaving = true;
        Until(
            () => string.Join('\n', _clients.Where(client => client.Connection is not null)), NodeClient.AnswerSteps);
        Until(Unrest, NodeClient.AnswerSteps);
        _quiet.CheckSilence();
        Until(Unrest, NodeClient.AnswerSteps);
        CheckDefinitions();
        CheckMessages();
        _report.Steps = Cluster.Network.Now;
        _report.Crashes = Cluster.Nodes.Sum(node => node.Crashes);
        _report.Stalls = Lines("has not finished a sync for");
        _report.Full = Lines("disk of this node has an alarm");
        _report.Delivered = Ledger.Delivered;
        _report.Redelivered = Ledger.Redelivered;
        _report.Settled = Ledger.Settled;
        _report.Expired = Ledger.Expired;
        _report.Gone = Ledger.Gone;
        _report.HandOvers = Ledger.Actives.HandOvers;
        _report.Bridged = Ledger.Bridges.Count;
        return _report;
    }

    private int Lines(string part) => Cluster.Nodes.Sum(
        node => node.Lines.Count(line => line.Contains(part, StringComparison.Ordinal)));

    private void Prepare()
    {
        for (int number = 0; number < Queues; number++)
        {
            string name = $"m{number}";
            SimulatedNode home = Cluster.Nodes[number % 3];
            var arguments = new FieldTable();
            if (name == MessageLedger.Rejecting || (Replicates && name == MessageLedger.Expiring))
            {
                arguments["x-dead-letter-exchange"] = FieldValue.Of("");
                arguments["x-dead-letter-routing-key"] = FieldValue.Of(MessageLedger.DeadLetters);
            }
            if (Replicates && name is "m2" or "m4")
            {
                arguments["x-queue-type"] = FieldValue.Of("quorum");
                Ledger.Replicated.Add(name);
            }
            else if (Mirrors)
                Ledger.Mirrored.Add(name);
            Declare(name, home, arguments);
        }
        if (IsWide)
            SingleQueues.Declare(this);
        if (Replicates)
        {
            _quiet.Declare();
            DeclareDelayed();
        }
        foreach (string queue in (string[])["m2", "m3"])
        {
            Cluster.Nodes[0].Store.Post(new PlainChange(store => store.Commit(new BindingEntry(
                "/", new Binding("amq.fanout", DestinationKind.Queue, queue, "", FieldTable.Empty)))));
        }
        Cluster.Steps(200);
    }

    /// <summary>A queue that is always there.</summary>
    public void Declare(string name, SimulatedNode home, FieldTable arguments)
    {
        Cluster.Done(home.Broker!.Operations.DeclareAsync("/", name, true, false, arguments));
        Ledger.Homes.Add(name, home);
        Ledger.Lone.Watch(name);
        if (Ledger.MayBeReplicated(name))
            Ledger.Takeovers.Watch(name, home.Broker!);
    }

    private void DeclareDelayed()
    {
        SimulatedNode node = Cluster.Nodes[Random.Next(3)];
        var exchange = new ExchangeDeclaration
        {
            Name = MessageLedger.Later,
            Type = ExchangeTypes.DelayedMessage,
            Durable = true,
            Arguments = new FieldTable { ["x-delayed-type"] = FieldValue.Of(ExchangeTypes.Direct) },
        };
        var binding = new Binding(
            MessageLedger.Later, DestinationKind.Queue, MessageLedger.Delayed, MessageLedger.Delayed, FieldTable.Empty);
        node.Store.Post(new PlainChange(store => store.Commit(
            DelayStore.EntryOf(store.Broker, store.Broker.Topology, "/", exchange)!, new ExchangeEntry("/", exchange),
            new BindingEntry("/", binding))));
    }

    // The leader of what waits; null: nobody.
    private ReplicatedDelays? Waiting => Running().Where(static node => node.IsUp)
        .SelectMany(static node => ((QueueReplication)node.Broker!.Replication!).Members.OfType<ReplicatedDelays>())
        .Where(static member => member.IsServing).MaxBy(static member => member.Consensus!.Term);

    public void Step()
    {
        Cluster.Step();
        Ledger.Takeovers.Look();
        Ledger.Lone.Look();
        Ledger.Bridges.Look();
        Ledger.Frontiers.Look();
        _faults.Step();
        foreach (NodeClient client in _clients)
            client.Step();
        Ledger.Actives.Look();
        if (Cluster.Network.Now % 100 == 0)
            Ledger.NoteStored();
        foreach (SimulatedNode node in Cluster.Nodes)
        {
            if (node.Errors.Count > 0)
                throw new NodesException(node.Errors[0]);
        }
    }

    /// <param name="rest">What is still to come; empty: nothing.</param>
    /// <param name="mostSteps">Within so many steps.</param>
    public void Until(Func<string> rest, long mostSteps)
    {
        for (long step = 0; rest() is { Length: > 0 } left; step++)
        {
            if (step > mostSteps)
            {
                throw new NodesException($"after {mostSteps} steps without faults: {left}\n"
                    + string.Join('\n', Cluster.Nodes.SelectMany(node => node.Lines.TakeLast(3))));
            }
            Step();
        }
    }

    private void Heal()
    {
        _faults.Heal();
        Until(
            () => _faults.IsMembershipQuiet
                ? string.Join('\n', Running().Where(node => !node.IsServing))
                : "a node joins or leaves",
            NodeClient.AnswerSteps);
    }

    // Whoever is the active one takes what there is, and when he goes the next does.
    private void TakeAll()
    {
        foreach (PublishingClient client in _clients.OfType<PublishingClient>())
            client.IsLeaving = true;
        Until(
            () => string.Join('\n', _clients.OfType<PublishingClient>()
                .Where(static client => client.Connection is not null)),
            NodeClient.AnswerSteps);
        Until(() => SingleQueues.Untaken(this), NodeClient.AnswerSteps);
    }

    private IEnumerable<SimulatedNode> Running() => Cluster.Nodes.Where(node => !node.IsForgotten);

    // What is not as it must be when nobody does anything any more; empty: nothing.
    private string Unrest()
    {
        foreach (SimulatedNode node in Running())
        {
            if (!node.IsServing || !node.Broker!.Cluster.Status.IsSettled)
                return $"{node} does not settle";
            if (node.Broker.Connections.Count > 0)
                return $"{node.Name} has {node.Broker.Connections.Count} connections";
            if (node.Broker.Disks!.IsUnfit)
                return $"{node.Name} is not to lead, for its disk's sake";
            if (node.Broker.AllQueues().FirstOrDefault(queue => queue.OwnerConnectionId != 0) is { } owned)
                return $"{node.Name} has the exclusive queue {owned.Name}";
        }
        if (Running().Select(node => node.Store.Group.Applied).Distinct().Count() > 1)
            return "nodes have not applied the same";
        if (Replicates && Waiting?.ReadyCount != 0)
            return $"{Waiting?.ReadyCount} delayed messages wait";
        foreach (string name in Ledger.Homes.Keys)
        {
            QueueHome? home = HomeOf(name);
            if (home is not { ConsumerCount: 0, UnackedCount: 0 })
                return $"{name} has {home?.ConsumerCount} consumers, {home?.UnackedCount} unacked";
        }
        return "";
    }

    /// <summary>Where a queue that is always there is served; null: nowhere.</summary>
    public QueueHome? HomeOf(string name) =>
        Ledger.Replicated.Contains(name) || (Ledger.Mirrored.Contains(name) && IsReplicated(name))
            ? Running().Select(node => LedBy(node, name)).FirstOrDefault(static led => led is not null)
            : Ledger.Homes[name].Broker is { } broker && broker.Topology.Vhosts.TryGetValue("/", out Vhost? vhost)
        && vhost.Queues.TryGetValue(name, out QueueDefinition? queue)
            ? queue.Home
            : null;

    private bool IsReplicated(string name) => Running()
        .All(node => node.Broker!.AllQueues().Any(queue => queue.Name == name && queue.IsReplicated));

    private static QueueHome? LedBy(SimulatedNode node, string name) =>
        node.Broker!.AllQueues().FirstOrDefault(queue => queue.Name == name) is { } queue
            ? node.Broker.QueueLinks!.FindLeader(queue.Id.Value)?.Queue
            : null;

    private void CheckDefinitions()
    {
        foreach (SimulatedNode node in Running())
        {
            Cluster.Truth.Check(node);
            foreach (string name in _queues.Keys)
                CheckQueueAt(node, name);
            foreach (string name in _bindings.Keys)
                CheckBindingAt(node, name);
        }
    }

    public void CheckQueueAt(SimulatedNode node, string name)
    {
        long now = Cluster.Network.Now;
        if (Queue(name).MustBe(now, now) && !node.Has(name))
            throw new NodesException($"{node.Name} has no {name}, which was made");
        if (Queue(name).MustNotBe(now, now) && node.Has(name))
            throw new NodesException($"{node.Name} has {name}, which was removed");
    }

    public void CheckBindingAt(SimulatedNode node, string name)
    {
        long now = Cluster.Network.Now;
        bool isBound = node.Broker!.Topology.Vhosts.TryGetValue("/", out Vhost? vhost)
            && vhost.AllBindings().Any(
                binding => binding.Source == DefiningClient.Exchange && binding.Destination == name);
        if (Binding(name).MustBe(now, now) && !isBound)
            throw new NodesException($"{node.Name} has no binding of {name}, which was made");
        if (Binding(name).MustNotBe(now, now) && isBound)
            throw new NodesException($"{node.Name} has a binding of {name}, which was removed");
    }

    private void CheckMessages()
    {
        var left = new Dictionary<string, DrainingClient>();
        // What has expired behind something that has not goes there when it comes to the head.
        foreach (string queue in Ledger.Homes.Keys.OrderBy(static name => name == MessageLedger.DeadLetters))
        {
            for (int step = 0; queue == MessageLedger.DeadLetters && step < ArrivalSteps; step++)
                Step();
            SimulatedNode[] serving = [.. Running()];
            var drain = new DrainingClient(this, queue, serving[Random.Next(serving.Length)]);
            Until(
                () =>
                {
                    drain.Step();
                    return drain.IsDone ? "" : $"{drain} has got {drain.Texts.Count}";
                },
                10 * NodeClient.AnswerSteps);
            left.Add(queue, drain);
            _report.Left += drain.Texts.Count;
        }
        foreach ((string queue, DrainingClient drain) in left)
        {
            Ledger.CheckRest(queue, drain.Texts, drain.Again);
            if (QuietQueues.Names.Contains(queue) && drain.Again.Count > 0)
                throw new NodesException($"{drain.Again.First()} of {queue} comes again, and nobody ever had it");
        }
        Ledger.CheckDeadLetters(
            MessageLedger.Rejecting, static copy => copy is { IsRejected: true, IsAcknowledged: false },
            left[MessageLedger.DeadLetters].Texts.ToHashSet(), left[MessageLedger.Rejecting].Texts.ToHashSet());
        Ledger.CheckDeadLetters(
            MessageLedger.Expiring, static copy => !copy.IsSettled,
            left[MessageLedger.DeadLetters].Texts.ToHashSet(), left[MessageLedger.Expiring].Texts.ToHashSet());
    }

    private sealed class PlainChange(Action<DefinitionsStore> change) : DefinitionsChange
    {
        internal override void Apply(DefinitionsStore store) => change(store);
    }
}
