using Warren.Amqp;
using Warren.Broker.Queues;
using Warren.Broker.Tests.Cluster.Nodes;
using Warren.Broker.Topology;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Cluster;

/// <summary>
/// What a node does for its clients that has not heard yet that a queue was deleted and declared anew: whatever is
/// asked by the queue's name is asked of the new one.
/// </summary>
public sealed class StaleQueueTests
{
    private readonly SimulatedCluster _cluster = new(3, graceMs: 60_000, mostTurns: 100, patienceMs: 10_000);
    private readonly SimulatedNode _node;
    private readonly SimulatedConnection _client;
    private readonly SimulatedConnection _other;

    public StaleQueueTests()
    {
        _cluster.StartAll();
        _cluster.UntilServing();
        SimulatedNode leader = _cluster.Leader!;
        _node = _cluster.Nodes.First(node => node != leader);
        SimulatedNode third = _cluster.Nodes.Last(node => node != leader);
        _client = _cluster.Connect(_node);
        _other = _cluster.Connect(third);
        Declare(_other);
        _cluster.Until(() => _node.Has("q"), what: "the queue");
        long before = Id(_node);
        _node.Transport!.IsBehind = true;
        _cluster.Network.Cut(_node.Id, third.Id);
        _other.Send(new QueueDelete("q", false, false, false));
        Expect(_other, MethodId.QueueDeleteOk);
        Declare(_other);
        _other.Send(new ConfirmSelect(false));
        Expect(_other, MethodId.ConfirmSelectOk);
        _other.Writer.AddPublish(1, "", "q", WireClient.Bytes("one"));
        _other.Flush();
        Expect(_other, MethodId.BasicAck);
        _cluster.Network.Mend(_node.Id, third.Id);
        _cluster.Until(() => Queue(_node).Home.Unavailable is null, what: "the queue's home");
        Assert.Equal(before, Id(_node));
        Assert.NotEqual(before, Id(third));
    }

    [Fact]
    public void The_new_queue_is_deleted()
    {
        _client.Send(new QueueDelete("q", false, false, false));
        ExpectOnceItHears(MethodId.QueueDeleteOk);
        Assert.All(_cluster.Nodes, node => Assert.False(node.Has("q")));
    }

    [Fact]
    public void The_new_queue_is_looked_at_before_its_deletion()
    {
        _client.Send(new QueueDelete("q", ifUnused: false, ifEmpty: true, noWait: false));
        ExpectOnceItHears(MethodId.ChannelClose);
        Assert.All(_cluster.Nodes, node => Assert.True(node.Has("q")));
    }

    [Fact]
    public void The_new_queue_is_purged()
    {
        _client.Send(new QueuePurge("q", false));
        ExpectOnceItHears(MethodId.QueuePurgeOk);
        _other.Send(new BasicGet("q", noAck: true));
        Expect(_other, MethodId.BasicGetEmpty);
    }

    [Fact]
    public void The_new_queue_gives_its_messages()
    {
        _client.Send(new BasicGet("q", noAck: true));
        ExpectOnceItHears(MethodId.BasicGetOk);
    }

    [Fact]
    public void The_new_queue_is_consumed_from_by_one_consumer_of_the_tag()
    {
        _client.Send(new BasicConsume("q", "tag", false, true, false, false, FieldTable.Empty));
        ExpectOnceItHears(MethodId.BasicDeliver);
        _client.Send(new BasicConsume("q", "another", false, true, false, false, FieldTable.Empty));
        Expect(_client, MethodId.BasicConsumeOk);
        _client.Send(new BasicCancel("tag", false));
        Expect(_client, MethodId.BasicCancelOk);
        _client.Send(new BasicConsume("q", "tag", false, true, false, false, FieldTable.Empty));
        Expect(_client, MethodId.BasicConsumeOk);
    }

    [Fact]
    public void The_new_queue_is_found()
    {
        _client.Send(new QueueDeclare("q", passive: true, true, false, false, false, FieldTable.Empty));
        ExpectOnceItHears(MethodId.QueueDeclareOk);
    }

    [Fact]
    public void Nothing_is_deleted_by_a_node_that_cannot_know()
    {
        _cluster.SetCut(_node, isCut: true);
        _client.Send(new QueueDelete("q", false, false, false));
        Expect(_client, MethodId.ConnectionClose, mostSteps: 5000);
        _cluster.SetCut(_node, isCut: false);
        _node.Transport!.IsBehind = false;
        _cluster.Until(() => _node.Store.HasLease, what: "a lease");
        _cluster.Steps(200);
        Assert.All(_cluster.Nodes, node => Assert.True(node.Has("q")));
    }

    private static QueueDefinition Queue(SimulatedNode node)
    {
        QueueDefinition? queue = null;
        if (node.Broker!.Topology.Vhosts.TryGetValue("/", out Vhost? vhost))
            vhost.Queues.TryGetValue("q", out queue);
        return queue!;
    }

    private static long Id(SimulatedNode node) => Queue(node).Id.Value;

    private void ExpectOnceItHears(uint method)
    {
        _cluster.Steps(200);
        Assert.Empty(_client.Take());
        _node.Transport!.IsBehind = false;
        Expect(_client, method);
    }

    private void Declare(SimulatedConnection connection)
    {
        connection.Send(new QueueDeclare("q", passive: false, durable: true, false, false, false, FieldTable.Empty));
        Expect(connection, MethodId.QueueDeclareOk);
    }

    private void Expect(SimulatedConnection connection, uint method, int mostSteps = 2000) =>
        _cluster.Expect(connection, method, mostSteps);
}
