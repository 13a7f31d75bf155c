using Warren.Amqp;
using Warren.Broker.Definitions;
using Warren.Broker.Exchanges;
using Warren.Broker.Tests.Cluster.Nodes;
using Warren.Cluster.Consensus;
using Warren.Cluster.Links;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Cluster;

/// <summary>
/// Nobody is told of a change while a node that does not have it may still route or answer by its own definitions.
/// </summary>
public sealed class ServingLeaseTests
{
    private readonly SimulatedCluster _cluster = new(3, graceMs: 60_000, mostTurns: 100, patienceMs: 10_000);
    private readonly SimulatedNode _node;
    private readonly SimulatedNode _third;
    private readonly SimulatedConnection _client;
    private readonly SimulatedConnection _other;

    public ServingLeaseTests()
    {
        _cluster.StartAll();
        _cluster.UntilServing();
        SimulatedNode leader = _cluster.Leader!;
        _node = _cluster.Nodes.First(node => node != leader);
        _third = _cluster.Nodes.Last(node => node != leader);
        _client = _cluster.Connect(_node);
        _other = _cluster.Connect(_third);
        _other.Send(new ExchangeDeclare(
            "x", ExchangeTypes.Fanout, false, true, false, false, false, FieldTable.Empty));
        Expect(_other, MethodId.ExchangeDeclareOk);
        SimulatedConnection atLeader = _cluster.Connect(leader);
        atLeader.Send(new QueueDeclare("q", passive: false, durable: true, false, false, false, FieldTable.Empty));
        Expect(atLeader, MethodId.QueueDeclareOk);
        _cluster.Until(() => _cluster.Nodes.All(node => node.Store.Gate.IsOpen), what: "leases");
    }

    [Fact]
    public void A_node_that_hears_late_that_it_is_cut_off_has_stopped_before_others_go_on()
    {
        // Longer than it takes until nobody waits for it.
        _cluster.Network.MostNoticeDelay = 3000;
        int routed = 0;
        for (int round = 0; round < 4; round++)
        {
            _cluster.SetCut(_node, isCut: true);
            _other.Send(new QueueBind("q", "x", $"key{round}", noWait: false, FieldTable.Empty));
            _cluster.Until(
                () =>
                {
                    bool isAnswered = _other.Take().Exists(received => received.Method == MethodId.QueueBindOk);
                    if (isAnswered)
                        Assert.False(_node.Store.Gate.IsOpen || _node.Store.HasLease);
                    routed += _node.Store.Gate.IsOpen ? 1 : 0;
                    return isAnswered;
                },
                what: "bind-ok");
            _cluster.SetCut(_node, isCut: false);
            _cluster.Until(() => _node.Store.HasLease, what: "a lease");
        }
        // It did not stop for nothing as soon as it was cut off.
        Assert.True(routed > 100);
    }

    [Fact]
    public void A_process_that_stood_still_knows_by_its_clock_that_nobody_waits_for_it()
    {
        _node.StandStill(5000);
        _cluster.SetCut(_node, isCut: true);
        Bind(_other);
        // Nothing of it has run.
        Assert.False(_node.Store.Gate.IsOpen);
        Assert.False(_node.Store.HasLease);
    }

    [Fact]
    public void A_node_whose_process_has_ended_is_not_waited_for()
    {
        _node.Crash();
        Bind(_other, mostSteps: 200);
    }

    [Fact]
    public void A_node_that_stops_is_not_waited_for()
    {
        Assert.False(_node.Store.EndServingAsync().IsCompleted);
        _cluster.Steps(20);
        Assert.False(_node.Store.HasLease);
        // As when a process says goodbye, which says nothing of what it does then.
        _cluster.SetCut(_node, isCut: true);
        Bind(_other, mostSteps: 200);
    }

    [Fact]
    public void A_leader_without_a_majority_lends_nobody_the_time_that_another_does_not_wait_for()
    {
        var cluster = new SimulatedCluster(5, graceMs: 60_000, mostTurns: 100, patienceMs: 10_000);
        cluster.StartAll();
        cluster.UntilServing();
        cluster.Until(() => cluster.Nodes.All(node => node.Store.HasLease), what: "leases");
        SimulatedNode old = cluster.Leader!;
        SimulatedNode lent = cluster.Nodes.First(node => node != old);
        SimulatedNode[] others = [.. cluster.Nodes.Where(node => node != old && node != lent)];
        foreach (SimulatedNode other in others)
        {
            cluster.Network.Cut(old.Id, other.Id);
            cluster.Network.Cut(lent.Id, other.Id);
        }
        cluster.Until(() => cluster.Leader is { } leader && others.Contains(leader), what: "another leader");
        Task made = cluster.Leader!.Broker!.Administration.Vhosts.AddAsync("new");
        cluster.Done(made);
        Assert.True(made.IsCompletedSuccessfully);
        Assert.False(old.Store.HasLease || lent.Store.HasLease);
    }

    /// <summary>What has a lease of the leader before is not seen by any process that there is.</summary>
    [Fact]
    public void Processes_that_have_just_begun_wait_for_one_that_went_on_without_them()
    {
        _cluster.SetCut(_node, isCut: true);
        SimulatedNode[] others = [.. _cluster.Nodes.Where(node => node != _node)];
        foreach (SimulatedNode other in others)
            other.Crash();
        foreach (SimulatedNode other in others)
            other.Start();
        _cluster.Until(() => others.All(static node => node.IsServing), what: "serving nodes");
        SimulatedConnection client = _cluster.Connect(_third);
        client.Send(new QueueDelete("q", false, false, false));
        Expect(client, MethodId.QueueDeleteOk);
        Assert.False(_node.Store.HasLease || _node.Store.Gate.IsOpen);
    }

    [Fact]
    public void Processes_that_have_just_begun_do_not_wait_for_those_before_them()
    {
        foreach (SimulatedNode node in _cluster.Nodes)
            node.Crash();
        foreach (SimulatedNode node in _cluster.Nodes)
            node.Start();
        // An election, and less than a lease.
        _cluster.Until(() => _cluster.Nodes.All(static node => node.IsServing), mostSteps: 700, what: "service");
    }

    [Fact]
    public void A_node_that_falls_behind_holds_nobody_up_for_long()
    {
        _node.Transport!.IsBehind = true;
        Bind(_other, mostSteps: 1500);
        Assert.False(_node.Store.Gate.IsOpen);
        _other.Send(new QueueUnbind("q", "x", "", FieldTable.Empty));
        Expect(_other, MethodId.QueueUnbindOk, mostSteps: 200);
        _node.Transport!.IsBehind = false;
        _cluster.Until(() => _node.Store.HasLease, what: "a lease once it has caught up");
    }

    [Fact]
    public void What_was_deleted_meanwhile_is_not_said_to_be_there()
    {
        Bind(_other);
        _cluster.Until(() => _node.Store.LastIndex == _third.Store.LastIndex, what: "the binding");
        _node.Transport!.IsBehind = true;
        _cluster.Network.Cut(_node.Id, _third.Id);
        _other.Send(new QueueUnbind("q", "x", "", FieldTable.Empty));
        Expect(_other, MethodId.QueueUnbindOk);
        Assert.True(_node.Store.LastIndex < _third.Store.LastIndex);
        _client.Send(new QueueBind("q", "x", "", noWait: false, FieldTable.Empty));
        _client.Send(new ExchangeDeclare(
            "x", ExchangeTypes.Fanout, passive: true, true, false, false, false, FieldTable.Empty));
        _cluster.Steps(400);
        Assert.Empty(_client.Take());
        _node.Transport!.IsBehind = false;
        Expect(_client, MethodId.QueueBindOk);
        _other.Send(new ConfirmSelect(false));
        Expect(_other, MethodId.ConfirmSelectOk);
        _other.Writer.AddPublish(1, "x", "", WireClient.Bytes("one"));
        _other.Flush();
        Expect(_other, MethodId.BasicAck);
        _other.Send(new BasicGet("q", noAck: true));
        Expect(_other, MethodId.BasicGetOk);
    }

    [Fact]
    public async Task Who_cannot_read_what_others_define_is_not_waited_for_and_says_so()
    {
        // Of a version that nobody reads, here: whoever gets it stays where he is.
        SimulatedNode leader = _cluster.Leader!;
        leader.Store.Post(new TurnEvent(() => leader.Store.Group.TryPropose(
            [new EntryPayload(new byte[] { 200, 0, 0 }, ReadOnlyMemory<byte>.Empty)], out _)));
        _cluster.Until(() => _cluster.Nodes.All(node => node.Store.WhenHalted.IsCompletedSuccessfully), what: "a halt");
        _cluster.Steps(1);
        Assert.Contains("newer", await _node.Store.WhenHalted, StringComparison.Ordinal);
        Assert.All(_cluster.Nodes, node => Assert.False(node.Store.HasLease || node.Store.Gate.IsOpen));
        Assert.All(_cluster.Nodes, node => Assert.True(node.Store.LastIndex < node.Store.Group.Applied.Value));
        // What it does not see may be there: whoever has found nothing is not told that there is nothing.
        bool? isReached = null;
        _node.Store.RequestBarrier(reached => isReached = reached);
        _cluster.Until(() => isReached is not null, what: "an answer");
        Assert.False(isReached);
    }

    [Fact]
    public void Who_has_a_link_again_after_it_ended_as_that_of_a_process_does_is_waited_for_again()
    {
        // Something between the two has ended, and is there again.
        SimulatedNode leader = _cluster.Leader!;
        leader.Transport!.LinkLost(_node.Id, LinkEnd.PeerGone);
        leader.Transport.LinkUp(_node.Transport!);
        _cluster.Steps(1000);
        Assert.True(_node.Store.HasLease);
        _node.Transport!.IsBehind = true;
        _other.Send(new QueueBind("q", "x", "", noWait: false, FieldTable.Empty));
        _cluster.Steps(200);
        Assert.True(_node.Store.HasLease);
        Assert.Empty(_other.Take());
    }

    [Fact]
    public void Who_is_taken_for_ended_and_lives_is_lent_nothing()
    {
        _cluster.Leader!.Transport!.LinkLost(_node.Id, LinkEnd.PeerGone);
        _cluster.Until(() => !_node.Store.HasLease, mostSteps: 1000, what: "the end of the lease");
        _cluster.Steps(1000);
        Assert.False(_node.Store.HasLease);
    }

    [Fact]
    public void A_lost_link_between_two_others_takes_no_lease()
    {
        _cluster.Network.Cut(_node.Id, _third.Id);
        for (int step = 0; step < 1000; step++)
        {
            _cluster.Step();
            Assert.True(_cluster.Nodes.All(node => node.Store.Gate.IsOpen));
        }
        Bind(_other, mostSteps: 200);
        Assert.Equal(_node.Store.LastIndex, _third.Store.LastIndex);
    }

    private void Bind(SimulatedConnection connection, int mostSteps = 2000)
    {
        connection.Send(new QueueBind("q", "x", "", noWait: false, FieldTable.Empty));
        Expect(connection, MethodId.QueueBindOk, mostSteps);
    }

    private void Expect(SimulatedConnection connection, uint method, int mostSteps = 2000) =>
        _cluster.Expect(connection, method, mostSteps);
}
