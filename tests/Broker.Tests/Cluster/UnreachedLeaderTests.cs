using Warren.Amqp;
using Warren.Broker.Queues.Replicated;
using Warren.Broker.Tests.Cluster.Nodes;
using Warren.Broker.Tests.Policies;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Cluster;

/// <summary>
/// Two nodes without a link, and a third that reaches both (docs/decisions/0022-leaders-out-of-reach.md). A step is
/// 5 ms.
/// </summary>
public sealed class UnreachedLeaderTests
{
    /// <summary>Longer than it takes until another leads, and less than what a client holds is waited for.</summary>
    private const int SoonSteps = 600;

    private const int LongSteps = 3000;

    private readonly SimulatedCluster _cluster = new(3, graceMs: 60_000, mostTurns: 100);

    public UnreachedLeaderTests()
    {
        _cluster.StartAll();
        _cluster.UntilServing();
    }

    [Fact]
    public void Clients_of_both_are_served_by_the_one_that_reaches_both_and_notice_nothing()
    {
        Declare(members: 3);
        SimulatedConnection here = Consume(_cluster[2]);
        Publish(_cluster[1], "one");
        Received held = Next(here, "one");
        SimulatedConnection there = Consume(_cluster[1]);
        _cluster.Network.Cut(_cluster[1].Id, _cluster[2].Id);
        SimulatedConnection publisher = Publish(_cluster[2], "two");
        _cluster.Expect(publisher, MethodId.BasicAck, SoonSteps);
        Assert.Equal(_cluster[3], Leader());
        _cluster.Expect(Publish(_cluster[1], "three"), MethodId.BasicAck, SoonSteps);
        // What is held stays with who has it, and each of them gets one.
        Received[] got = [.. Deliveries(here, there, 2)];
        Assert.Equal(["three", "two"], got.Select(TextOf).Order());
        here.Send(new BasicAck(held.DeliveryTag, multiple: false));
        _cluster.Until(() => MemberOn(_cluster[1])!.Replica.Messages.Count == 2, what: "its end");
        Assert.DoesNotContain(here.Take().Concat(there.Take()), static one => one.Method == MethodId.BasicCancel);
    }

    [Fact]
    public void The_leadership_does_not_come_back_while_the_links_stay_as_they_are()
    {
        Declare(members: 3);
        Consume(_cluster[1]);
        Consume(_cluster[2]);
        _cluster.Network.Cut(_cluster[1].Id, _cluster[2].Id);
        _cluster.Until(() => MemberOn(_cluster[3])!.IsServing, SoonSteps, "the next leader");
        long term = (long)MemberOn(_cluster[3])!.Consensus!.Term.Value;
        _cluster.Steps(LongSteps);
        _cluster.Network.MendAll();
        _cluster.Steps(LongSteps);
        Assert.True(MemberOn(_cluster[3])!.IsServing);
        Assert.Equal(term, (long)MemberOn(_cluster[3])!.Consensus!.Term.Value);
    }

    [Fact]
    public void A_short_cut_moves_nothing()
    {
        Declare(members: 3);
        Consume(_cluster[2]);
        _cluster.Network.Cut(_cluster[1].Id, _cluster[2].Id);
        _cluster.Steps(150);
        _cluster.Network.MendAll();
        _cluster.Expect(Publish(_cluster[2], "one"), MethodId.BasicAck, SoonSteps);
        Assert.Equal(_cluster[1], Leader());
    }

    /// <summary>The one that reaches both is no member.</summary>
    [Fact]
    public void Where_no_member_is_better_placed_who_waits_is_told_the_truth()
    {
        Declare(members: 2);
        SimulatedNode[] members = [.. _cluster.Nodes.Where(node => MemberOn(node) is not null)];
        SimulatedNode leader = Leader();
        SimulatedNode other = members.Single(node => node != leader);
        _cluster.Network.Cut(leader.Id, other.Id);
        SimulatedConnection client = other.Connect();
        client.Send(new BasicGet("q", noAck: true));
        Received? refusal = null;
        _cluster.Until(
            () => (refusal = client.Take().Find(static one => one.Method == MethodId.ChannelClose)) is not null,
            what: "a refusal");
        Assert.Equal(
            $"404 NOT_FOUND - leader node '{leader.Name}' of queue 'q' in vhost '/' is not reachable from this node",
            refusal!.CloseReason);
        Assert.True(MemberOn(leader)!.IsServing);
        _cluster.Network.MendAll();
        _cluster.Expect(Publish(other, "one"), MethodId.BasicAck, SoonSteps);
    }

    private void Declare(int members)
    {
        _cluster.Done(_cluster[1].Broker!.Operations.DeclareAsync("/", "q", true, false, Fields.Of(
            ("x-queue-type", "quorum"), ("x-quorum-initial-group-size", members))));
        _cluster.Until(() => MemberOn(_cluster[1])?.IsServing == true, what: "its first leader");
        // Long enough to give it away.
        _cluster.Steps(SoonSteps + SoonSteps / 2);
    }

    private SimulatedNode Leader() => _cluster.Nodes.Single(static node => MemberOn(node)?.IsServing == true);

    private static ReplicatedQueue? MemberOn(SimulatedNode node) =>
        ((QueueReplication)node.Broker!.Replication!).Members.SingleOrDefault();

    private SimulatedConnection Consume(SimulatedNode node)
    {
        SimulatedConnection client = node.Connect();
        client.Send(new BasicQos(0, 2, global: false));
        client.Send(WireClient.Consume("q", node.Name, noAck: false, noWait: false));
        _cluster.Expect(client, MethodId.BasicConsumeOk);
        return client;
    }

    private static SimulatedConnection Publish(SimulatedNode node, string text)
    {
        SimulatedConnection client = node.Connect();
        client.Send(new ConfirmSelect(noWait: true));
        client.Writer.AddPublish(
            1, "", "q", WireClient.Bytes(text), new BasicProperties { DeliveryMode = 2 }.ToArray());
        client.Flush();
        return client;
    }

    private Received Next(SimulatedConnection client, string text)
    {
        Received? found = null;
        _cluster.Until(
            () => (found = client.Take().Find(static one => one.Method == MethodId.BasicDeliver)) is not null,
            what: text);
        Assert.Equal(text, TextOf(found!));
        return found!;
    }

    private List<Received> Deliveries(SimulatedConnection one, SimulatedConnection other, int count)
    {
        List<Received> all = [];
        _cluster.Until(
            () =>
            {
                List<Received> news = [.. one.Take(), .. other.Take()];
                Assert.DoesNotContain(news, static one => one.Method == MethodId.BasicCancel);
                all.AddRange(news.Where(static one => one.Method == MethodId.BasicDeliver));
                return all.Count >= count;
            },
            SoonSteps, "the deliveries");
        Assert.All(all, static one => Assert.False(one.IsRedelivered));
        return all;
    }

    private static string TextOf(Received received) => System.Text.Encoding.ASCII.GetString(received.Body);
}
