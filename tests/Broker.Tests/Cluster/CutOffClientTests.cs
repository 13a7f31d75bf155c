using Warren.Amqp;
using Warren.Broker.Administration;
using Warren.Broker.Tests.Cluster.Nodes;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Cluster;

/// <summary>What clients of a node are told that is cut off from its cluster.</summary>
public sealed class CutOffClientTests
{
    private readonly SimulatedCluster _cluster = new(3, graceMs: 60_000, mostTurns: 100);
    private readonly SimulatedNode _node;

    public CutOffClientTests()
    {
        _cluster.StartAll();
        _cluster.UntilServing();
        _node = _cluster.Nodes.First(node => node != _cluster.Leader);
    }

    [Fact]
    public void A_consumer_is_told_of_the_end_of_its_queue_even_if_that_cannot_be_made_known()
    {
        SimulatedConnection deleter = Connected();
        SimulatedConnection consumer = Connected();
        Declare(deleter, "q");
        consumer.Send(new BasicConsume("q", "tag", false, true, false, false, FieldTable.Empty));
        Expect(consumer, MethodId.BasicConsumeOk);
        CutUnnoticed();
        deleter.Send(new QueueDelete("q", false, false, false));
        Expect(deleter, MethodId.ConnectionClose);
        Expect(consumer, MethodId.BasicCancel);
    }

    [Fact]
    public void A_declaration_waits_quietly_for_the_end_of_a_queue_that_has_closed()
    {
        SimulatedConnection deleter = Connected();
        SimulatedConnection declarer = Connected();
        Declare(deleter, "q");
        CutUnnoticed();
        deleter.Send(new QueueDelete("q", false, false, false));
        _cluster.Steps(20);
        declarer.Send(Declaration("q"));
        _cluster.Steps(20);
        _cluster.Until(() => _node.IsIdle, mostSteps: 50, what: "rest");
        _cluster.SetCut(_node, isCut: false);
        Expect(deleter, MethodId.QueueDeleteOk);
        Expect(declarer, MethodId.QueueDeclareOk);
        Assert.All(_cluster.Nodes, node => Assert.True(node.Has("q")));
    }

    [Fact]
    public void Nobody_is_told_that_something_is_there_by_a_node_that_cannot_know()
    {
        Task declared = _node.Broker!.Operations.DeclareAsync("/", "q", true, false, FieldTable.Empty);
        _cluster.Done(declared);
        _cluster.SetCut(_node, isCut: true);
        _cluster.Until(() => !_node.Store.HasLease, what: "the end of the lease");
        Task again = _node.Broker!.Operations.DeclareAsync("/", "q", true, false, FieldTable.Empty);
        _cluster.Done(again, mostSteps: 1500);
        AmqpException refusal = Assert.IsType<AmqpException>(again.Exception?.InnerException);
        Assert.Contains("definitions cannot be changed now", refusal.ReplyText, StringComparison.Ordinal);
    }

    private static QueueDeclare Declaration(string queue) =>
        new(queue, passive: false, durable: true, false, false, noWait: false, FieldTable.Empty);

    private SimulatedConnection Connected()
    {
        SimulatedConnection connection = _node.Connect();
        Expect(connection, MethodId.ChannelOpenOk);
        return connection;
    }

    // It has its lease for a while: what it finds it may still act upon.
    private void CutUnnoticed()
    {
        _cluster.Until(() => _node.Store.HasLease, what: "a lease");
        _cluster.Network.MostNoticeDelay = 3000;
        _cluster.SetCut(_node, isCut: true);
        Assert.True(_node.Store.HasLease);
    }

    private void Declare(SimulatedConnection connection, string queue)
    {
        connection.Send(Declaration(queue));
        Expect(connection, MethodId.QueueDeclareOk);
    }

    private void Expect(SimulatedConnection connection, uint method) => _cluster.Until(
        () => connection.Take().Exists(received => received.Method == method), mostSteps: 2000, what: $"{method:x}");
}
