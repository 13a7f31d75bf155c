using Warren.Amqp;
using Warren.Broker.Operations;
using Warren.Broker.Queues;
using Warren.Broker.Tests.Cluster.Nodes;
using Warren.Broker.Tests.Policies;
using Warren.Broker.Topology;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Cluster;

/// <summary>A disk's alarm stops who publishes to queues that need the disk, wherever he is connected.</summary>
public sealed class ScopedDiskAlarmTests
{
    private readonly SimulatedCluster _cluster = new(5, graceMs: 60_000, mostTurns: 100);
    private readonly List<Received> _received = [];
    private SimulatedConnection? _client;
    private int _taken;
    private int _published;

    public ScopedDiskAlarmTests()
    {
        _cluster.StartAll();
        _cluster.UntilServing();
        _cluster.Until(() => _cluster.Nodes.All(node => node.Broker!.Nodes.Members.Count == 5), what: "names");
        for (int number = 1; number <= 3; number++)
            Declare(_cluster[number], $"on{number}", "classic");
        Declare(_cluster[1], "replicated", "quorum");
        _cluster.Until(
            () => _cluster.Nodes.All(node => node.Broker!.Members.MembersOf(Replicated(node))?.Length == 3),
            what: "its members");
    }

    private SimulatedNode[] Members =>
    [
        .. _cluster.Nodes.Where(node => Replicated(node).Members.Contains(node.Id)),
    ];

    [Fact]
    public void A_publisher_at_the_node_with_the_alarm_goes_on_where_others_carry_the_queue()
    {
        SimulatedNode low = Members[0];
        Connect(low);
        Publish("", "replicated", "before");
        UntilConfirmed();
        Raise(low);
        Publish("", "replicated", "after", "that");
        UntilConfirmed();
        Assert.DoesNotContain(_received, IsBlocked);
        Assert.Equal("low on disk", low.Broker!.Alarms.Reason);
        Assert.Null(low.Broker.Alarms.ReasonForAll);
    }

    [Fact]
    public void A_queue_on_that_node_alone_is_published_to_when_it_has_space_again()
    {
        Connect(_cluster[3]);
        Publish("", "on2", "before");
        UntilConfirmed();
        Raise(_cluster[1]);
        Publish("", "on2", "goes to another disk");
        Publish("", "replicated", "no need of that disk");
        UntilConfirmed();
        Assert.DoesNotContain(_received, IsBlocked);

        // Of several frames, and others behind it.
        Publish("", "on1", new string('x', 300_000));
        Publish("", "on2", "behind it");
        _cluster.Until(() => Take().Exists(IsBlocked), what: "the word");
        Assert.Equal("low on disk", _received.Single(IsBlocked).BlockedReason);
        _cluster.Steps(400);
        Take();
        Assert.Equal(3, _taken);
        Assert.Single(_received, IsBlocked);
        Assert.DoesNotContain(_received, IsUnblocked);

        Clear(_cluster[1]);
        UntilConfirmed();
        Assert.Single(_received, IsUnblocked);
        _cluster.Until(() => Ready(_cluster[1], "on1") == 1 && Ready(_cluster[2], "on2") == 3, what: "what waited");
    }

    /// <summary>What is missed are members, and not a disk.</summary>
    [Fact]
    public void The_alarm_of_who_is_no_member_stops_nobody_where_members_are_away()
    {
        SimulatedNode[] members = Members;
        SimulatedNode[] others = [.. _cluster.Nodes.Where(node => !members.Contains(node))];
        Connect(others[0]);
        Raise(others[1]);
        members[0].Crash();
        members[1].Crash();
        _cluster.Steps(400);
        Publish("", "replicated", "has no majority");
        _cluster.Steps(400);
        Take();
        Assert.DoesNotContain(_received, IsBlocked);
    }

    [Fact]
    public void Two_members_of_three_with_the_alarm_stop_what_the_third_cannot_keep_alone()
    {
        SimulatedNode[] members = Members;
        SimulatedNode other = _cluster.Nodes.First(node => !members.Contains(node));
        Declare(other, "elsewhere", "classic");
        Connect(other);
        Raise(members[0]);
        Raise(members[1]);
        Publish("", "elsewhere", "goes on");
        UntilConfirmed();
        Publish("", "replicated", "waits");
        _cluster.Until(() => Take().Exists(IsBlocked), what: "the word");
        Clear(members[1]);
        UntilConfirmed();
        Assert.Single(_received, IsUnblocked);
    }

    [Fact]
    public void Members_that_are_away_keep_nothing_either()
    {
        SimulatedNode[] members = Members;
        SimulatedNode other = _cluster.Nodes.First(node => !members.Contains(node));
        Connect(other);
        Raise(members[0]);
        _cluster.SetCut(members[2], isCut: true);
        Publish("", "replicated", "waits");
        _cluster.Until(() => Take().Exists(IsBlocked), what: "the word");
        _cluster.SetCut(members[2], isCut: false);
        UntilConfirmed();
        Assert.Single(_received, IsUnblocked);
    }

    [Fact]
    public void Alarms_of_most_nodes_stop_everybody()
    {
        Declare(_cluster[5], "on5", "classic");
        Connect(_cluster[5]);
        Publish("", "on5", "before");
        UntilConfirmed();
        for (int number = 1; number <= 3; number++)
            Raise(_cluster[number]);
        _cluster.Until(() => Take().Exists(IsBlocked), what: "the word");
        Publish("", "on5", "waits");
        Clear(_cluster[3]);
        UntilConfirmed();
        Assert.Single(_received, IsUnblocked);
    }

    /// <summary>The channel hears of it, as if it had come then, and not the connection.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_waits_and_is_a_mistake_by_then_closes_its_channel(bool isForbidden)
    {
        SimulatedNode node = _cluster[2];
        _client = _cluster.Connect(node);
        _client.Send(new ExchangeDeclare("e", "fanout", false, true, false, false, false, FieldTable.Empty));
        _cluster.Expect(_client, MethodId.ExchangeDeclareOk);
        _client.Send(new QueueBind("on1", "e", "", noWait: false, FieldTable.Empty));
        _cluster.Expect(_client, MethodId.QueueBindOk);
        Raise(_cluster[1]);
        Publish("e", "", "waits");
        _cluster.Until(() => Take().Exists(IsBlocked), what: "the word");
        if (isForbidden)
            _cluster.Done(node.Broker!.Administration.Permissions.SetAsync("guest", "/", ".*", "", ".*"));
        else
            Delete("e");
        Clear(_cluster[1]);
        _cluster.Until(() => Take().Exists(one => one.Method == MethodId.ChannelClose), what: "the close");
        Received close = _received.Last(one => one.Method == MethodId.ChannelClose);
        Assert.Contains(isForbidden ? "ACCESS_REFUSED" : "no exchange 'e'", close.CloseReason);
        Assert.False(_client.IsOver);
    }

    private void Delete(string exchange)
    {
        SimulatedConnection another = _cluster.Connect(_cluster[2]);
        another.Send(new ExchangeDelete(exchange, ifUnused: false, noWait: false));
        _cluster.Expect(another, MethodId.ExchangeDeleteOk);
    }

    [Fact]
    public void A_queue_that_is_deleted_stops_nobody()
    {
        Connect(_cluster[2]);
        Raise(_cluster[1]);
        Publish("", "on1", "waits");
        _cluster.Until(() => Take().Exists(IsBlocked), what: "the word");
        SimulatedConnection another = _cluster.Connect(_cluster[3]);
        another.Send(new QueueDelete("on1", ifUnused: false, ifEmpty: false, noWait: false));
        _cluster.Expect(another, MethodId.QueueDeleteOk);
        UntilConfirmed();
        Assert.Single(_received, IsUnblocked);
    }

    [Fact]
    public async Task An_operator_is_told_why_nothing_is_published()
    {
        Raise(_cluster[1]);
        Task<PublishOutcome> published = Operate("on1");
        await _cluster.Done(published);
        Assert.Equal((0, 1), ((await published).Confirmed, (await published).Refused));
        Assert.Equal(
            "nodes that queue 'on1' in vhost '/' needs are low on disk", (await published).AwayText);
        published = Operate("on3");
        await _cluster.Done(published);
        Assert.Equal(1, (await published).Confirmed);
    }

    private static bool IsBlocked(Received one) => one.Method == MethodId.ConnectionBlocked;

    private static bool IsUnblocked(Received one) => one.Method == MethodId.ConnectionUnblocked;

    private static QueueDefinition Replicated(SimulatedNode node) =>
        node.Broker!.AllQueues().Single(queue => queue.Name == "replicated");

    private static int Ready(SimulatedNode node, string queue) =>
        node.Broker!.AllQueues().Single(one => one.Name == queue).Home.ReadyCount;

    private Task<PublishOutcome> Operate(string queue)
    {
        MessageBroker broker = _cluster[2].Broker!;
        Assert.True(broker.Topology.Vhosts.TryGetValue("/", out Vhost? vhost));
        return broker.Operations.PublishAsync(
            vhost, "", queue, new BasicProperties(), WireClient.Bytes("m"), 1, CancellationToken.None);
    }

    private void Declare(SimulatedNode node, string name, string type) => _cluster.Done(
        node.Broker!.Operations.DeclareAsync("/", name, true, false, Fields.Of([("x-queue-type", type)])));

    private void Connect(SimulatedNode node)
    {
        _client = _cluster.Connect(node);
        _client.Send(new ConfirmSelect(noWait: false));
        _cluster.Expect(_client, MethodId.ConfirmSelectOk);
    }

    private void Publish(string exchange, string key, params string[] bodies)
    {
        foreach (string body in bodies)
        {
            _client!.Writer.AddPublish(
                1, exchange, key, WireClient.Bytes(body), new BasicProperties { DeliveryMode = 2 }.ToArray());
            _published++;
        }
        _client!.Flush();
    }

    private List<Received> Take()
    {
        List<Received> taken = _client!.Take();
        _received.AddRange(taken);
        foreach (Received received in taken)
        {
            Assert.NotEqual(MethodId.BasicNack, received.Method);
            if (received.Method == MethodId.BasicAck)
                _taken = (int)received.Sequence;
        }
        return _received;
    }

    private void UntilConfirmed() => _cluster.Until(
        () =>
        {
            Take();
            return _taken == _published;
        },
        what: "confirms");

    // Told by its log, so that the tick, which finds much of the disk free, does not end it.
    private void Raise(SimulatedNode node) => Set(node, isOn: true);

    private void Clear(SimulatedNode node) => Set(node, isOn: false);

    private void Set(SimulatedNode node, bool isOn)
    {
        node.Broker!.Alarms.LogSpaceChanged(isOn, "as a test says");
        _cluster.Until(
            () => _cluster.Nodes.All(other => other.Broker!.Alarms.HasDiskAlarm(node.Id) == isOn), what: "the word");
    }
}
