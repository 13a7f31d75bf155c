using System.Globalization;
using System.Text;
using Warren.Amqp;
using Warren.Broker.Definitions;
using Warren.Broker.Delays;
using Warren.Broker.Exchanges;
using Warren.Broker.Queues;
using Warren.Broker.Queues.Replicated;
using Warren.Broker.Tests.Cluster;
using Warren.Broker.Tests.Cluster.Nodes;
using Warren.Broker.Topology;
using Warren.Cluster.Consensus;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Delays;

/// <summary>
/// A simulated cluster with a durable delayed exchange, whose publisher and consumer may be on any node; knows when
/// each message may come at the soonest, and what has come when.
/// </summary>
internal sealed class DelaysCluster
{
    public const string Exchange = "later";

    // The clocks of the cluster are one; but each node knows the time in whole milliseconds, by two clocks.
    private const int ToleranceMs = 1;

    private readonly List<long> _soonestMs = [];
    private SimulatedConnection? _publisher;
    private SimulatedConnection? _consumer;
    private ulong _published;
    private ulong _confirmed;

    public DelaysCluster(int nodes = 3, int seed = 1, int joiners = 0, int mostTurns = 30, int storeSize = 3)
    {
        Cluster = new SimulatedCluster(
            nodes, joiners, seed, mostTurns: mostTurns,
            options: new BrokerOptions { QuorumInitialGroupSize = storeSize });
        foreach (SimulatedNode node in Cluster.Nodes.Take(nodes))
            node.Start();
        Cluster.UntilServing([.. Enumerable.Range(1, nodes)]);
    }

    public SimulatedCluster Cluster { get; }

    /// <summary>When all that was published is due.</summary>
    public long LatestMs => _soonestMs.Max();

    /// <summary>What has come, in order.</summary>
    public List<int> Came { get; } = [];

    public SimulatedNode this[int number] => Cluster[number];

    public long NowMs => Cluster.Nodes.First(static node => node.IsUp).Broker!.NowMs;

    /// <summary>What keeps the exchange's messages, as a node knows it; null: the nodes themselves.</summary>
    public static QueueDefinition? StoreOn(SimulatedNode node, string exchange = Exchange) =>
        node.Broker!.Topology.Vhosts.TryGetValue("/", out Vhost? vhost)
        && vhost.DelayStores.TryGetValue(exchange, out QueueDefinition? store)
            ? store
            : null;

    /// <summary>A node's member.</summary>
    public static ReplicatedDelays? MemberOn(SimulatedNode node) =>
        ((QueueReplication)node.Broker!.Replication!).Members.OfType<ReplicatedDelays>().SingleOrDefault();

    /// <summary>The node whose member serves.</summary>
    public SimulatedNode? Leading => Cluster.Nodes.Where(static node => node.IsUp)
        .Where(static node => MemberOn(node) is { IsServing: true })
        .MaxBy(static node => MemberOn(node)!.Consensus!.Term);

    public SimulatedNode UntilLed(SimulatedNode? other = null)
    {
        Cluster.Until(() => Leading is { } leading && leading != other, what: "a leader of what waits");
        return Leading!;
    }

    /// <summary>The exchange, and queues that are bound to it by their names.</summary>
    public void Declare(int by, string queueType, params ReadOnlySpan<string> queues)
    {
        SimulatedConnection connection = Connect(by);
        DeclareExchange(connection);
        foreach (string queue in queues)
        {
            connection.Send(new QueueDeclare(
                queue, passive: false, durable: true, false, false, noWait: false,
                new FieldTable { ["x-queue-type"] = FieldValue.Of(queueType) }));
            Expect(connection, MethodId.QueueDeclareOk);
            connection.Send(new QueueBind(queue, Exchange, queue, noWait: false, FieldTable.Empty));
            Expect(connection, MethodId.QueueBindOk);
        }
        connection.Cut();
    }

    /// <summary>A quorum queue with one member, which is bound to the exchange.</summary>
    public void DeclareWithin(int node, string queue)
    {
        SimulatedConnection connection = Connect(node);
        connection.Send(new QueueDeclare(
            queue, passive: false, durable: true, false, false, noWait: false,
            new FieldTable
            {
                ["x-queue-type"] = FieldValue.Of("quorum"),
                ["x-quorum-initial-group-size"] = FieldValue.Of(1),
            }));
        Expect(connection, MethodId.QueueDeclareOk);
        connection.Send(new QueueBind(queue, Exchange, queue, noWait: false, FieldTable.Empty));
        Expect(connection, MethodId.QueueBindOk);
        connection.Cut();
    }

    public void DeclareExchange(SimulatedConnection connection)
    {
        connection.Send(new ExchangeDeclare(
            Exchange, ExchangeTypes.DelayedMessage, passive: false, durable: true, autoDelete: false,
            @internal: false, noWait: false,
            new FieldTable { ["x-delayed-type"] = FieldValue.Of(ExchangeTypes.Direct) }));
        Expect(connection, MethodId.ExchangeDeclareOk);
    }

    public void PublishFrom(int node)
    {
        _publisher = Connect(node);
        _publisher.Send(new ConfirmSelect(noWait: true));
        _published = _confirmed = 0;
    }

    /// <summary>Publishes the next number.</summary>
    public void Publish(int delayMs, string queue = "q", int bodyBytes = 0)
    {
        byte[] properties = new BasicProperties
        {
            DeliveryMode = 2,
            Headers = new FieldTable { ["x-delay"] = FieldValue.Of(delayMs) },
        }.ToArray();
        string text = _soonestMs.Count.ToString(CultureInfo.InvariantCulture).PadRight(bodyBytes);
        _publisher!.Writer.AddPublish(1, Exchange, queue, Encoding.ASCII.GetBytes(text), properties);
        _publisher.Flush();
        _soonestMs.Add(NowMs + delayMs - ToleranceMs);
        _published++;
    }

    public void UntilConfirmed() => Until(IsConfirmed, "confirms");

    /// <summary>All that was published is confirmed.</summary>
    public bool IsConfirmed()
    {
        foreach (Received received in _publisher!.Take())
        {
            Assert.Equal(MethodId.BasicAck, received.Method);
            _confirmed = received.IsMultiple ? received.Sequence : _confirmed + 1;
        }
        return _confirmed == _published;
    }

    public void ConsumeFrom(int node, params ReadOnlySpan<string> queues)
    {
        _consumer = Connect(node);
        foreach (string queue in queues)
            _consumer.Send(WireClient.Consume(queue, queue, noAck: true, noWait: true));
    }

    /// <summary>Takes what has come, none of it before its time.</summary>
    public void Take()
    {
        if (_consumer is not { IsNodeGone: false } consumer)
            return;
        foreach (Received received in consumer.Take().Where(static one => one.Method == MethodId.BasicDeliver))
        {
            int number = int.Parse(Encoding.ASCII.GetString(received.Body), CultureInfo.InvariantCulture);
            Assert.True(NowMs >= _soonestMs[number], $"{number} came {_soonestMs[number] - NowMs} ms too soon");
            Came.Add(number);
        }
    }

    public void Until(Func<bool> condition, string what, int mostSteps = 8000) => Cluster.Until(
        () =>
        {
            Take();
            return condition();
        },
        mostSteps, what);

    /// <summary>Goes on until so many have come, and then for long enough to see that no more do.</summary>
    public void UntilCame(int count)
    {
        Until(() => Came.Count >= count, $"{count} messages; {Came.Count} came");
        Rest();
    }

    /// <summary>What a queue has, in order, once so many have come; each but once.</summary>
    public List<int> Drain(int node, string queue = "q")
    {
        SimulatedConnection connection = Connect(node);
        var texts = new List<int>();
        while (true)
        {
            connection.Send(new BasicGet(queue, noAck: true));
            Received? answer = null;
            Until(
                () => (answer = connection.Take().Find(
                    static one => one.Method is MethodId.BasicGetOk or MethodId.BasicGetEmpty)) is not null,
                "an answer to a get");
            if (answer!.Method == MethodId.BasicGetEmpty)
                break;
            texts.Add(int.Parse(Encoding.ASCII.GetString(answer.Body), CultureInfo.InvariantCulture));
        }
        connection.Cut();
        return texts;
    }

    /// <summary>Goes on until a queue has so many, as this node knows it, and then for two seconds.</summary>
    public void UntilHas(int node, int count, string queue = "q")
    {
        Until(() => Count(node, queue) >= count, $"{count} messages in {queue}", mostSteps: 20_000);
        Rest();
    }

    /// <summary>Of a queue that the node leads, or that lives there.</summary>
    public int Count(int node, string queue)
    {
        QueueDefinition found = this[node].Broker!.AllQueues().Single(one => one.Name == queue);
        return Cluster.Nodes.Where(static one => one.IsUp)
            .Select(one => one.Broker!.QueueLinks!.FindLeader(found.Id.Value)?.Queue.ReadyCount
                ?? one.Broker.QueueLinks.FindLocal(found.Id.Value)?.ReadyCount ?? 0)
            .Max();
    }

    /// <summary>One that was not there from the beginning becomes a member of the cluster.</summary>
    public void Join(int number)
    {
        this[number].Start();
        Cluster.Steps(20);
        ChangeMembers(MembershipChangeKind.AddLearner, number);
        Cluster.UntilServing(1, number);
        ChangeMembers(MembershipChangeKind.Promote, number);
        Until(() => this[1].Broker!.Nodes.Members.ContainsKey(this[number].Id), "its name");
    }

    /// <summary>A node goes, and is taken out of the cluster.</summary>
    public void Leave(int number)
    {
        this[number].Crash();
        Until(() => Cluster.Leader is not null, "a leader");
        Task withdrawn = Cluster.Leader!.Broker!.Cluster.WithdrawAsync(this[number].Id);
        Cluster.Until(
            () =>
            {
                // What it awaits goes on on a thread of the machine.
                if (!withdrawn.IsCompleted)
                    Thread.Sleep(1);
                return withdrawn.IsCompleted;
            },
            what: "its withdrawal");
        ChangeMembers(MembershipChangeKind.Remove, number);
        this[number].Forget();
    }

    /// <summary>Goes on until so many members keep what waits, and all of them vote.</summary>
    public void UntilMembers(int count) => Until(
        () => StoreOn(this[1]) is { } store && store.Members.Length == count
            && this[1].Broker!.QueueLinks!.LeaderBook.MembersOf(store.Id.Value) is { } told
            && told.Members.Count(static member => member.IsVoter) == count && told.Members.Length == count
            && told.Members.All(member => store.Members.Contains(member.Id)),
        $"{count} members", mostSteps: 20_000);

    /// <summary>Two seconds go by.</summary>
    public void Rest()
    {
        for (int step = 0; step < 400; step++)
        {
            Cluster.Step();
            Take();
        }
    }

    private void ChangeMembers(MembershipChangeKind kind, int number)
    {
        var outcome = ChangeOutcome.TooEarly;
        while (outcome != ChangeOutcome.Proposed)
        {
            var done = new TaskCompletionSource<ChangeOutcome>();
            SimulatedNode leader = Cluster.Leader!;
            leader.Store.Post(new TurnEvent(() => leader.Store.Leader!.ChangeMembers(
                new MembershipChange(kind, this[number].Id), done)));
            Cluster.Done(done.Task);
            outcome = done.Task.Result;
            Cluster.Step();
        }
    }

    public SimulatedConnection Connect(int node)
    {
        SimulatedConnection connection = Cluster[node].Connect();
        Expect(connection, MethodId.ChannelOpenOk);
        return connection;
    }

    public Received Expect(SimulatedConnection connection, uint method)
    {
        Received? found = null;
        Until(
            () => (found = connection.Take().Find(received => received.Method == method)) is not null, $"{method:x}");
        return found!;
    }
}
