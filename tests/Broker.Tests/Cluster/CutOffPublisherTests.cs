using Warren.Amqp;
using Warren.Broker.Exchanges;
using Warren.Broker.Operations;
using Warren.Broker.Queues;
using Warren.Broker.Tests.Cluster.Nodes;
using Warren.Broker.Topology;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Cluster;

/// <summary>Publishers of a node that cannot know what others have bound.</summary>
public sealed class CutOffPublisherTests
{
    private readonly SimulatedCluster _cluster = new(3, graceMs: 60_000, mostTurns: 100);
    private readonly SimulatedNode _node;
    private readonly SimulatedConnection _publisher;

    public CutOffPublisherTests()
    {
        _cluster.StartAll();
        _cluster.UntilServing();
        _node = _cluster.Nodes.First(node => node != _cluster.Leader);
        _publisher = Connected(_node);
        _publisher.Send(new ExchangeDeclare(
            "x", ExchangeTypes.Fanout, false, true, false, false, false, FieldTable.Empty));
        Expect(_publisher, MethodId.ExchangeDeclareOk);
        Bind(_publisher, "old");
        _publisher.Send(new ConfirmSelect(false));
        Expect(_publisher, MethodId.ConfirmSelectOk);
    }

    [Fact]
    public void What_is_published_meanwhile_goes_where_others_have_bound_by_then()
    {
        _cluster.SetCut(_node, isCut: true);
        SimulatedConnection other = Connected(_cluster.Leader!);
        Bind(other, "new");
        Publish("x");
        _cluster.Steps(100);
        Assert.DoesNotContain(_publisher.Take(), received => received.Method == MethodId.BasicAck);
        _cluster.SetCut(_node, isCut: false);
        Expect(_publisher, MethodId.BasicAck);
        AssertHas(other, "new");
        AssertHas(_publisher, "old");
    }

    [Fact]
    public void What_lives_on_the_node_is_served_again_when_that_takes_too_long()
    {
        CutOff();
        Publish("x");
        Expect(_publisher, MethodId.BasicAck);
        AssertHas(_publisher, "old");
        // And at once from then on.
        Publish("x");
        Expect(_publisher, MethodId.BasicAck, mostSteps: 50);
        // Once it is back it knows first what it has missed.
        Bind(Connected(_cluster.Leader!), "new");
        _cluster.SetCut(_node, isCut: false);
        _cluster.Until(() => !_node.Store.Gate.IsOpen, mostSteps: 200, what: "the end of the cut");
        Publish("x");
        Expect(_publisher, MethodId.BasicAck);
        AssertHas(_publisher, "new");
    }

    [Fact]
    public void What_goes_nowhere_when_it_was_held_is_looked_for_all_the_same()
    {
        CutOff();
        Publish("later");
        _cluster.Until(() => _node.Store.Gate.IsOpen, what: "the end of patience");
        SimulatedConnection other = Connected(_cluster.Leader!);
        other.Send(new ExchangeDeclare(
            "later", ExchangeTypes.Fanout, false, true, false, false, false, FieldTable.Empty));
        Expect(other, MethodId.ExchangeDeclareOk);
        _cluster.SetCut(_node, isCut: false);
        Expect(_publisher, MethodId.BasicAck);
    }

    [Fact]
    public void So_do_the_dead_letters_of_the_node()
    {
        _publisher.Send(new QueueDeclare(
            "source", passive: false, durable: true, false, false, noWait: false,
            new FieldTable { ["x-dead-letter-exchange"] = FieldValue.Of("x") }));
        Expect(_publisher, MethodId.QueueDeclareOk);
        PublishTo("", "source", []);
        Expect(_publisher, MethodId.BasicAck);
        _publisher.Send(new BasicGet("source", noAck: false));
        Expect(_publisher, MethodId.BasicGetOk);
        SimulatedConnection other = CutOffAndBind();
        _publisher.Send(new BasicReject(1, requeue: false));
        _cluster.Until(() => QueueOf("source").UnackedCount == 0, what: "the rejection");
        AssertGoesToBoth(other);
    }

    [Fact]
    public void So_do_messages_that_were_delayed()
    {
        DeclareDelayed("later");
        _publisher.Send(new ExchangeBind("x", "later", "", noWait: false, FieldTable.Empty));
        Expect(_publisher, MethodId.ExchangeBindOk);
        // Due when the node's lease has run out, and before its patience has.
        const int DelayMs = 6000;
        PublishDelayed("later", DelayMs);
        long dueMs = _node.Broker!.NowMs + DelayMs;
        SimulatedConnection other = CutOffAndBind();
        _cluster.Until(() => _node.Broker.NowMs > dueMs, what: "its time");
        AssertGoesToBoth(other);
    }

    [Fact]
    public void A_delayed_message_that_goes_nowhere_holds_up_no_other_exchange()
    {
        DeclareDelayed("later");
        DeclareDelayed("lonely");
        _publisher.Send(new ExchangeBind("x", "later", "", noWait: false, FieldTable.Empty));
        Expect(_publisher, MethodId.ExchangeBindOk);
        PublishDelayed("lonely", 10_000);
        PublishDelayed("later", 10_000);
        PublishDelayed("lonely", 10_000);
        CutOff();
        _cluster.Until(() => _node.Store.Gate.IsOpen, what: "the end of patience");
        Assert.Equal(3, _node.Broker!.Delays.Count);
        _cluster.Until(() => QueueOf("old").ReadyCount == 1, what: "the one with a place to go to");
        Assert.Equal(2, _node.Broker.Delays.Count);
        // Others have known where to.
        SimulatedConnection other = Connected(_cluster.Leader!);
        Bind(other, "new", "lonely");
        _cluster.SetCut(_node, isCut: false);
        _cluster.Until(() => _node.Broker.Delays.Count == 0, what: "their way");
        _cluster.Until(() => Get(other, "new"), what: "the first");
        _cluster.Until(() => Get(other, "new"), what: "the second");
    }

    [Fact]
    public async Task So_do_the_publishes_of_an_operator()
    {
        SimulatedConnection other = CutOffAndBind();
        Task<PublishOutcome> published = Operate("x");
        AssertWaits();
        _cluster.SetCut(_node, isCut: false);
        Assert.Equal(new PublishOutcome(1, 0, 0, null), await OutcomeAsync(published));
        AssertHas(_publisher, "old");
        AssertHas(other, "new");
    }

    [Fact]
    public async Task An_operator_is_not_told_that_nothing_is_bound_before_that_is_known()
    {
        CutOff();
        Task<PublishOutcome> published = Operate("later");
        _cluster.Until(() => _node.Store.Gate.IsOpen, what: "the end of patience");
        SimulatedConnection other = Connected(_cluster.Leader!);
        other.Send(new ExchangeDeclare(
            "later", ExchangeTypes.Fanout, false, true, false, false, false, FieldTable.Empty));
        Expect(other, MethodId.ExchangeDeclareOk);
        other.Send(new QueueDeclare("new", false, durable: true, false, false, noWait: false, FieldTable.Empty));
        Expect(other, MethodId.QueueDeclareOk);
        other.Send(new QueueBind("new", "later", "", noWait: false, FieldTable.Empty));
        Expect(other, MethodId.QueueBindOk);
        _cluster.SetCut(_node, isCut: false);
        Assert.Equal(new PublishOutcome(1, 0, 0, null), await OutcomeAsync(published));
    }

    [Fact]
    public void Another_leader_holds_nobody_up()
    {
        SimulatedNode leader = _cluster.Leader!;
        leader.Crash();
        _cluster.Until(
            () =>
            {
                Assert.True(_node.Store.Gate.IsOpen);
                return _cluster.Leader is { } next && next != leader;
            },
            what: "another leader");
    }

    private void CutOff()
    {
        _cluster.SetCut(_node, isCut: true);
        _cluster.Until(() => !_node.Store.Gate.IsOpen, what: "news of the cut");
    }

    // Others bind a queue that this node does not know of.
    private SimulatedConnection CutOffAndBind()
    {
        CutOff();
        SimulatedConnection other = Connected(_cluster.Leader!);
        Bind(other, "new");
        Assert.False(_node.Store.Gate.IsOpen);
        return other;
    }

    private void AssertGoesToBoth(SimulatedConnection other)
    {
        AssertWaits();
        _cluster.SetCut(_node, isCut: false);
        _cluster.Until(() => QueueOf("old").ReadyCount == 1, what: "the end of the cut");
        AssertHas(_publisher, "old");
        _cluster.Until(() => Get(other, "new"), what: "what others have bound");
    }

    private void AssertWaits()
    {
        _cluster.Steps(100);
        Assert.False(_node.Store.Gate.IsOpen);
        Assert.Equal(0, QueueOf("old").ReadyCount);
    }

    // An operator's publish goes on on threads of the machine, which take their own time.
    private async Task<PublishOutcome> OutcomeAsync(Task<PublishOutcome> published)
    {
        await Eventually.True(() =>
        {
            _cluster.Step();
            return published.IsCompleted;
        });
        return await published;
    }

    private QueueHome QueueOf(string name) =>
        _node.Broker!.Topology.Vhosts.TryGetValue("/", out Vhost? vhost)
        && vhost.Queues.TryGetValue(name, out QueueDefinition? queue)
            ? queue.Home
            : throw new InvalidOperationException($"no queue {name}");

    private Task<PublishOutcome> Operate(string exchange)
    {
        Assert.True(_node.Broker!.Topology.Vhosts.TryGetValue("/", out Vhost? vhost));
        return _node.Broker.Operations.PublishAsync(
            vhost, exchange, "", new BasicProperties(), new byte[1], 1, TestContext.Current.CancellationToken);
    }

    private bool Get(SimulatedConnection connection, string queue)
    {
        connection.Send(new BasicGet(queue, noAck: true));
        uint answer = 0;
        _cluster.Until(
            () => (answer = connection.Take().Find(
                received => received.Method is MethodId.BasicGetOk or MethodId.BasicGetEmpty)?.Method ?? 0) != 0,
            what: "an answer");
        return answer == MethodId.BasicGetOk;
    }

    private SimulatedConnection Connected(SimulatedNode node)
    {
        SimulatedConnection connection = node.Connect();
        Expect(connection, MethodId.ChannelOpenOk);
        return connection;
    }

    private void DeclareDelayed(string exchange)
    {
        _publisher.Send(new ExchangeDeclare(
            exchange, ExchangeTypes.DelayedMessage, false, durable: false, false, false, false,
            new FieldTable { ["x-delayed-type"] = FieldValue.Of(ExchangeTypes.Fanout) }));
        Expect(_publisher, MethodId.ExchangeDeclareOk);
    }

    private void PublishDelayed(string exchange, int delayMs)
    {
        var headers = new FieldTable { ["x-delay"] = FieldValue.Of(delayMs) };
        PublishTo(exchange, "", new BasicProperties { Headers = headers }.ToArray());
        Expect(_publisher, MethodId.BasicAck);
    }

    private void Bind(SimulatedConnection connection, string queue, string exchange = "x")
    {
        connection.Send(new QueueDeclare(
            queue, passive: false, durable: true, false, false, noWait: false, FieldTable.Empty));
        Expect(connection, MethodId.QueueDeclareOk);
        connection.Send(new QueueBind(queue, exchange, "", noWait: false, FieldTable.Empty));
        Expect(connection, MethodId.QueueBindOk);
    }

    private void Publish(string exchange) => PublishTo(exchange, "", []);

    private void PublishTo(string exchange, string routingKey, byte[] properties)
    {
        _publisher.Writer.AddPublish(1, exchange, routingKey, WireClient.Bytes("one"), properties);
        _publisher.Flush();
    }

    private void AssertHas(SimulatedConnection connection, string queue)
    {
        connection.Send(new BasicGet(queue, noAck: true));
        Expect(connection, MethodId.BasicGetOk);
    }

    private void Expect(SimulatedConnection connection, uint method, int mostSteps = 2000) => _cluster.Until(
        () => connection.Take().Exists(received => received.Method == method), mostSteps, what: $"{method:x}");
}
