using Warren.Amqp;
using Warren.Broker.Messages;
using Warren.Broker.Queues;
using Warren.Broker.Queues.Replicated;
using Warren.Broker.Tests.Cluster.Nodes;
using Warren.Broker.Tests.Policies;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Cluster;

/// <summary>Dead letters of a replicated queue that go to a queue on one node.</summary>
public sealed class ReplicatedDeadLetterTests
{
    private readonly SimulatedCluster _cluster = new(3, graceMs: 60_000, mostTurns: 100);

    /// <summary>
    /// It goes in the replicated queue on all nodes, and is on one disk where it arrives: there it must be before.
    /// </summary>
    [Fact]
    public void What_has_arrived_on_the_leader_s_own_node_is_gone_only_when_it_is_on_its_disk()
    {
        _cluster.StartAll();
        _cluster.UntilServing();
        SimulatedNode node = _cluster[1];
        _cluster.Done(node.Broker!.Operations.DeclareAsync("/", "dead", true, false, FieldTable.Empty));
        _cluster.Done(node.Broker!.Operations.DeclareAsync("/", "q", true, false, Fields.Of(
            ("x-queue-type", "quorum"), ("x-dead-letter-exchange", ""), ("x-dead-letter-routing-key", "dead"))));
        _cluster.Until(() => MemberOn(node).IsServing, what: "its first leader");
        SimulatedConnection client = node.Connect();
        client.Send(new ConfirmSelect(noWait: true));
        client.Writer.AddPublish(
            1, "", "q", WireClient.Bytes("m"), new BasicProperties { DeliveryMode = 2, Expiration = "500" }.ToArray());
        client.Flush();
        _cluster.Until(() => client.Take().Any(one => one.Method == MethodId.BasicAck), what: "the confirm");
        node.SlowDisk(2000);
        _cluster.Until(() => ReadyOn(node, "dead") == 1, what: "its arrival");
        _cluster.Steps(400);
        node.Crash();
        node.Start();
        _cluster.UntilServing();
        _cluster.Until(
            () => ReadyOn(node, "dead") == 1 && _cluster.Nodes.All(one => MemberOn(one).Replica.Messages.Count == 0),
            what: "what has expired");
    }

    /// <summary>A question may be answered when the queue is led anew, and has others to ask for.</summary>
    [Fact]
    public void What_is_answered_to_the_leadership_before_covers_nothing_of_this_one()
    {
        _cluster.StartAll();
        _cluster.UntilServing();
        MessageBroker broker = _cluster[1].Broker!;
        _cluster.Done(broker.Operations.DeclareAsync(
            "/", "q", true, false, Fields.Of(("x-dead-letter-exchange", "none"))));
        var queue = (Queue)broker.AllQueues().Single().Home;
        var before = new DeadLettering(broker, queue);
        var now = new DeadLettering(broker, queue);
        bool isOver = false;
        _cluster.Until(() => broker.Definitions.Gate.IsOpen, what: "its majority");
        Assert.True(broker.Definitions.NeedsBarrier);
        Message message = MessageInOwnSlab.Store(broker.Slabs, [], "q"u8, new BasicProperties().ToArray(), [1]);
        now.Forward(message, DeadLetterReason.Rejected, queue.Settings, _ => isOver = true);
        now.LookAgain(QueueCommand.LookAgain(before, isReached: true));
        Assert.False(isOver);
        now.LookAgain(QueueCommand.LookAgain(now, isReached: true));
        Assert.True(isOver);
    }

    private static ReplicatedQueue MemberOn(SimulatedNode node) =>
        ((QueueReplication)node.Broker!.Replication!).Members.Single();

    private static int ReadyOn(SimulatedNode node, string queue) =>
        node.Broker!.AllQueues().Single(one => one.Name == queue).Home.ReadyCount;
}
