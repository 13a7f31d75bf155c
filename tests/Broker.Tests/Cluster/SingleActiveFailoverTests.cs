using Warren.Amqp;
using Warren.Broker.Queues.Replicated;
using Warren.Broker.Tests.Cluster.Nodes;
using Warren.Broker.Tests.Policies;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Cluster;

/// <summary>
/// A single active consumer through a change of leader, as clients of several nodes see it. A step is 5 ms.
/// </summary>
public sealed class SingleActiveFailoverTests
{
    /// <summary>Longer than a new leader takes to serve, and half as long as it waits for who is away.</summary>
    private const int SoonSteps = 400;

    private readonly SimulatedCluster _cluster = new(3, graceMs: 60_000, mostTurns: 100);

    public SingleActiveFailoverTests()
    {
        _cluster.StartAll();
        _cluster.UntilServing();
        _cluster.Done(_cluster[1].Broker!.Operations.DeclareAsync("/", "q", true, false, Fields.Of(
            ("x-queue-type", "quorum"), ("x-single-active-consumer", true))));
        _cluster.Until(() => MemberOn(_cluster[1]).IsServing, what: "its first leader");
    }

    /// <summary>It has acknowledged all that it got; the node that is gone had nobody who matters.</summary>
    [Fact]
    public void Who_holds_nothing_stays_the_one_and_nobody_waits()
    {
        SimulatedConnection other = Consume(_cluster[2], "other");
        SimulatedConnection active = Consume(_cluster[3], "active");
        // The one that came first goes.
        other.Cut();
        _cluster.Until(
            () => MemberOn(_cluster[1]).Replica.State.Holder.Node == _cluster[3].Id, what: "that it is the active one");
        other = Consume(_cluster[2], "other");
        Publish(_cluster[2]);
        Received delivery = Next(active);
        active.Send(new BasicAck(delivery.DeliveryTag, multiple: false));
        _cluster.Until(() => MemberOn(_cluster[3]).Replica.Messages.Count == 0, what: "its end");
        _cluster[1].Crash();
        _cluster.Until(
            () => _cluster.Nodes.Any(node => node.IsUp && MemberOn(node).IsServing), SoonSteps, "the next leader");
        Publish(_cluster[2]);
        _cluster.Until(() => active.Take().Any(one => one.Method == MethodId.BasicDeliver), SoonSteps, "the delivery");
        Assert.DoesNotContain(other.Take(), static one => one.Method == MethodId.BasicDeliver);
    }

    [Fact]
    public void Whose_node_is_gone_is_followed_when_it_must_have_ended()
    {
        SimulatedConnection active = Consume(_cluster[1], "active");
        SimulatedConnection other = Consume(_cluster[2], "other");
        Publish(_cluster[2]);
        Next(active);
        _cluster[1].Crash();
        _cluster.Until(
            () => _cluster.Nodes.Any(node => node.IsUp && MemberOn(node).IsServing), SoonSteps, "the next leader");
        _cluster.Steps(SoonSteps);
        Assert.DoesNotContain(other.Take(), static one => one.Method == MethodId.BasicDeliver);
        _cluster.Until(() => other.Take().Any(one => one.Method == MethodId.BasicDeliver), what: "the delivery");
    }

    private static ReplicatedQueue MemberOn(SimulatedNode node) =>
        ((QueueReplication)node.Broker!.Replication!).Members.Single();

    private SimulatedConnection Consume(SimulatedNode node, string tag)
    {
        SimulatedConnection client = node.Connect();
        client.Send(new BasicQos(0, 10, global: false));
        client.Send(WireClient.Consume("q", tag, noAck: false, noWait: false));
        _cluster.Until(() => client.Take().Any(one => one.Method == MethodId.BasicConsumeOk), what: "the consumer");
        return client;
    }

    private static void Publish(SimulatedNode node)
    {
        SimulatedConnection client = node.Connect();
        client.Writer.AddPublish(
            1, "", "q", WireClient.Bytes("m"), new BasicProperties { DeliveryMode = 2 }.ToArray());
        client.Flush();
    }

    private Received Next(SimulatedConnection client)
    {
        Received? found = null;
        _cluster.Until(
            () => (found = client.Take().FirstOrDefault(one => one.Method == MethodId.BasicDeliver)) is not null,
            what: "a delivery");
        return found!;
    }
}
