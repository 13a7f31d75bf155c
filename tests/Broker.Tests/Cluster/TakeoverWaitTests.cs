using Warren.Amqp;
using Warren.Broker.Queues.Replicated;
using Warren.Broker.Tests.Cluster.Nodes;
using Warren.Broker.Tests.Policies;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Cluster;

/// <summary>
/// Whom a new leader waits for before it hands anything out: five nodes, of which three are members. A step is 5 ms.
/// </summary>
public sealed class TakeoverWaitTests
{
    private const int SoonSteps = 600;

    private readonly SimulatedCluster _cluster = new(5, graceMs: 60_000, mostTurns: 100);
    private readonly SimulatedNode _leader;
    private readonly SimulatedNode _other;

    public TakeoverWaitTests()
    {
        _cluster.StartAll();
        _cluster.UntilServing();
        _cluster.Done(_cluster[1].Broker!.Operations.DeclareAsync("/", "q", true, false, Fields.Of(
            ("x-queue-type", "quorum"), ("x-quorum-initial-group-size", 3))));
        _cluster.Until(() => Leader() is not null, what: "its first leader");
        _leader = Leader()!;
        _other = _cluster.Nodes.First(static node => MemberOn(node) is null);
    }

    /// <summary>Its clients hold one message, and have acknowledged another, of which nobody knows yet.</summary>
    [Fact]
    public void A_node_whose_link_was_lost_a_moment_ago_is_waited_for()
    {
        SimulatedConnection client = Consume(_other);
        Publish(2);
        Received[] got = Next(client, 2);
        LoseLinks();
        client.Send(new BasicAck(got[0].DeliveryTag, multiple: false));
        _leader.Crash();
        SimulatedNode next = UntilLed();
        Assert.False(MemberOn(next)!.IsServing);
        SimulatedConnection greedy = Consume(next, waits: false);
        _cluster.Steps(40);
        _cluster.Network.MendAll();
        _cluster.Until(() => MemberOn(next)!.IsServing, SoonSteps, "service");
        _cluster.Steps(SoonSteps);
        Assert.DoesNotContain(greedy.Take(), static one => one.Method == MethodId.BasicDeliver);
        Assert.Equal(1, MemberOn(next)!.Replica.Messages.Count);
    }

    [Fact]
    public void A_node_that_stays_away_is_waited_for_no_longer_than_any()
    {
        SimulatedConnection client = Consume(_other);
        Publish(1);
        Next(client, 1);
        LoseLinks();
        _leader.Crash();
        SimulatedNode next = UntilLed();
        _cluster.Until(() => MemberOn(next)!.IsServing, 320, "service");
    }

    [Fact]
    public void A_node_that_nobody_listens_at_any_more_is_not_waited_for()
    {
        LoseLinks();
        foreach (SimulatedNode node in _cluster.Nodes)
            node.Transport!.Gone.Add(_other.Id);
        _leader.Crash();
        SimulatedNode next = UntilLed();
        _cluster.Until(() => MemberOn(next)!.IsServing, 60, "service");
    }

    [Fact]
    public void A_node_that_is_gone_with_its_link_is_not_waited_for()
    {
        _leader.Crash();
        SimulatedNode next = UntilLed();
        _cluster.Until(() => MemberOn(next)!.IsServing, 60, "service");
    }

    /// <summary>It has nothing, and says so by the nodes that reach both.</summary>
    [Fact]
    public void A_node_that_is_heard_by_others_alone_is_waited_for_and_heard()
    {
        foreach (SimulatedNode member in _cluster.Nodes.Where(node => node != _other && MemberOn(node) is not null))
            _cluster.Network.Cut(_other.Id, member.Id);
        _cluster.Steps(400);
        _leader.Crash();
        SimulatedNode next = UntilLed();
        Assert.Contains(_other.Id, new LinkedClients(next.Broker!).Nodes);
        _cluster.Until(() => MemberOn(next)!.IsServing, 100, "service");
    }

    private void LoseLinks()
    {
        foreach (SimulatedNode node in _cluster.Nodes.Where(node => node != _other))
            _cluster.Network.Cut(_other.Id, node.Id);
    }

    // A member that is to lead, and has not served yet.
    private SimulatedNode UntilLed()
    {
        SimulatedNode? next = null;
        _cluster.Until(
            () => (next = _cluster.Nodes.FirstOrDefault(static node => node.IsUp
                && MemberOn(node) is { Consensus.IsLeader: true } member
                && node.Broker!.QueueLinks!.FindLeader(member.Definition.Id.Value) is not null)) is not null,
            SoonSteps, "the next leader");
        return next!;
    }

    private SimulatedNode? Leader() =>
        _cluster.Nodes.FirstOrDefault(static node => node.IsUp && MemberOn(node)?.IsServing == true);

    private static ReplicatedQueue? MemberOn(SimulatedNode node) => node.Broker is null
        ? null
        : ((QueueReplication)node.Broker.Replication!).Members.SingleOrDefault();

    private SimulatedConnection Consume(SimulatedNode node, bool waits = true)
    {
        SimulatedConnection client = node.Connect();
        client.Send(new BasicQos(0, 10, global: false));
        client.Send(WireClient.Consume("q", "c", noAck: false, noWait: !waits));
        if (waits)
            _cluster.Expect(client, MethodId.BasicConsumeOk);
        return client;
    }

    private void Publish(int count)
    {
        SimulatedConnection client = _leader.Connect();
        client.Send(new ConfirmSelect(noWait: true));
        for (int number = 0; number < count; number++)
        {
            client.Writer.AddPublish(
                1, "", "q", WireClient.Bytes("m"), new BasicProperties { DeliveryMode = 2 }.ToArray());
        }
        client.Flush();
        _cluster.Expect(client, MethodId.BasicAck);
    }

    private Received[] Next(SimulatedConnection client, int count)
    {
        List<Received> found = [];
        _cluster.Until(
            () =>
            {
                found.AddRange(client.Take().Where(static one => one.Method == MethodId.BasicDeliver));
                return found.Count >= count;
            },
            what: "deliveries");
        return [.. found];
    }
}
