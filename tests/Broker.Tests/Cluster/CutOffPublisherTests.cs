using Warren.Amqp;
using Warren.Broker.Exchanges;
using Warren.Broker.Tests.Cluster.Nodes;
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

    private SimulatedConnection Connected(SimulatedNode node)
    {
        SimulatedConnection connection = node.Connect();
        Expect(connection, MethodId.ChannelOpenOk);
        return connection;
    }

    private void Bind(SimulatedConnection connection, string queue)
    {
        connection.Send(new QueueDeclare(
            queue, passive: false, durable: true, false, false, noWait: false, FieldTable.Empty));
        Expect(connection, MethodId.QueueDeclareOk);
        connection.Send(new QueueBind(queue, "x", "", noWait: false, FieldTable.Empty));
        Expect(connection, MethodId.QueueBindOk);
    }

    private void Publish(string exchange)
    {
        _publisher.Writer.AddPublish(1, exchange, "", WireClient.Bytes("one"));
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
