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

    /// <summary>It is told of its end, and so is the leader, which has waited for it: nothing is lost, no one waits.
    /// </summary>
    [Fact]
    public void Whose_node_was_away_for_long_is_followed_when_it_is_back_and_keeps_what_it_got()
    {
        SimulatedConnection active = Consume(_cluster[3], "active");
        SimulatedConnection other = Consume(_cluster[2], "other");
        Publish(_cluster[2]);
        Received delivery = Next(active);
        _cluster.SetCut(_cluster[3], isCut: true);
        _cluster.Until(() => active.Take().Any(one => one.Method == MethodId.BasicCancel), what: "the cancellation");
        _cluster.SetCut(_cluster[3], isCut: false);
        Publish(_cluster[2]);
        Received next = Next(other);
        other.Send(new BasicAck(next.DeliveryTag, multiple: false));
        active.Send(new BasicAck(delivery.DeliveryTag, multiple: false));
        _cluster.Until(() => MemberOn(_cluster[1]).Replica.Messages.Count == 0, what: "their end");
        _cluster.Steps(SoonSteps);
        Assert.DoesNotContain(other.Take(), static one => one.Method == MethodId.BasicDeliver);
    }

    /// <summary>
    /// Its node has said to the next leader that it is there, has had no answer, and is away until it is told of its
    /// end: of that the leader after hears, and the one after that nothing.
    /// </summary>
    [Fact]
    public void Who_is_no_more_is_not_asked_for_again()
    {
        Consume(_cluster[2], "one");
        Consume(_cluster[3], "other");
        _ = _cluster[1].Broker!.HandOverAsync(TimeSpan.FromSeconds(1));
        SimulatedNode? away = null;
        _cluster.Until(
            () => (away = _cluster.Nodes.FirstOrDefault(HasNoAnswer)) is not null, what: "a line to the next leader");
        _cluster.SetCut(away!, isCut: true);
        _cluster.Steps(SoonSteps + SoonSteps / 2);
        _cluster[1].Broker!.LeadAgain();
        ChangeLeader();
        _cluster.SetCut(away!, isCut: false);
        _cluster.Steps(SoonSteps);
        Assert.True(HomeOn(away!).HasLine);
        ChangeLeader();
        Assert.False(HomeOn(away!).HasLine);
    }

    private void ChangeLeader()
    {
        SimulatedNode leader = Leader()!;
        _ = leader.Broker!.HandOverAsync(TimeSpan.FromSeconds(1));
        _cluster.Until(() => Leader() is { } next && next != leader, what: "the next leader");
        leader.Broker!.LeadAgain();
        _cluster.Steps(SoonSteps);
    }

    private bool HasNoAnswer(SimulatedNode node) => HomeOn(node) is { HasLine: true } home
        && home.LeaderNode != node.Id && home.LeaderNode != _cluster[1].Id;

    // Who serves now.
    private SimulatedNode? Leader() => _cluster.Nodes.FirstOrDefault(static node => MemberOn(node).IsServing);

    private static ReplicatedHome HomeOn(SimulatedNode node) =>
        (ReplicatedHome)node.Broker!.AllQueues().Single().Home;

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
