using Warren.Amqp;
using Warren.Broker.Definitions;
using Warren.Broker.Queues;
using Warren.Broker.Queues.Replicated;
using Warren.Broker.Tests.Cluster.Nodes;
using Warren.Broker.Topology;
using Warren.Cluster.Consensus;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Cluster;

/// <summary>A member whose definitions are damaged on its disk, so that a leader has to bring them.</summary>
public sealed class UnsoundMemberTests
{
    private readonly SimulatedCluster _cluster = new(3, graceMs: 60_000, mostTurns: 100);
    private readonly SimulatedNode _node;

    public UnsoundMemberTests()
    {
        _cluster.StartAll();
        _cluster.UntilServing();
        _node = _cluster.Nodes.First(node => node != _cluster.Leader);
    }

    [Fact]
    public void Its_second_start_finds_its_queues_with_what_is_in_them()
    {
        SimulatedConnection client = _node.Connect();
        Expect(client, MethodId.ChannelOpenOk);
        client.Send(Declaration);
        Expect(client, MethodId.QueueDeclareOk);
        long definitions = _node.Broker!.Storage!.WrittenBytes;
        client.Send(new ConfirmSelect(false));
        Expect(client, MethodId.ConfirmSelectOk);
        client.Writer.AddPublish(
            1, "", "q", WireClient.Bytes("kept"), new BasicProperties { DeliveryMode = 2 }.ToArray());
        client.Flush();
        Expect(client, MethodId.BasicAck);
        _node.Crash();
        _node.IsDamaged = true;
        for (long offset = 600; offset < definitions; offset += 200)
            _node.Disk.FlipBit("log/0000000001.seg", offset, 1);
        _node.Start();
        Task serving = _node.Broker!.Cluster.WhenServing;
        _cluster.Until(() => serving.IsCompleted, what: "what was lost");
        Assert.IsType<InvalidOperationException>(serving.Exception?.InnerException);
        // Others go on meanwhile.
        _cluster.Done(_cluster.Leader!.Broker!.Operations.DeclareAsync("/", "later", true, false, FieldTable.Empty));
        _cluster.Until(() => _node.Store.Group.Applied >= _cluster.Leader!.Store.Group.Commit, what: "the rest");
        // What it does not serve, it does not call gone either.
        Assert.Equal(0, _node.Store.LastIndex);
        _node.Crash();
        _node.Start();
        _cluster.UntilServing();
        Assert.True(_node.Has("later"));
        client = _node.Connect();
        client.Send(new BasicGet("q", noAck: true));
        Assert.Equal(WireClient.Bytes("kept"), Expect(client, MethodId.BasicGetOk).Body);
    }

    /// <summary>Else it would vote for who does not have what it has acknowledged.</summary>
    [Fact]
    public void A_replicated_queue_of_which_nothing_is_left_counts_as_lost()
    {
        SimulatedConnection client = _cluster.Leader!.Connect();
        Expect(client, MethodId.ChannelOpenOk);
        var arguments = new FieldTable { ["x-queue-type"] = FieldValue.Of("quorum") };
        client.Send(new QueueDeclare("r", passive: false, durable: true, false, false, noWait: false, arguments));
        Expect(client, MethodId.QueueDeclareOk);
        client.Send(new ConfirmSelect(false));
        Expect(client, MethodId.ConfirmSelectOk);
        client.Writer.AddPublish(
            1, "", "r", WireClient.Bytes("kept"), new BasicProperties { DeliveryMode = 2 }.ToArray());
        client.Flush();
        Expect(client, MethodId.BasicAck);
        _cluster.Steps(100);
        Assert.Equal(Soundness.Sound, SoundnessOf("r"));
        _node.Crash();
        _node.IsDamaged = true;
        for (long offset = 600; offset < 64 * 1024; offset += 100)
            _node.Disk.FlipBit("log/0000000001.seg", offset, 1);
        _node.Start();
        Task serving = _node.Broker!.Cluster.WhenServing;
        _cluster.Until(() => serving.IsCompleted, what: "what was lost");
        _cluster.Until(() => _node.Store.Group.Applied >= _cluster.Leader!.Store.Group.Commit, what: "the rest");
        _cluster.Until(() => _node.Store.Group.Awaited is null, what: "all of it on the disk");
        _node.Crash();
        _cluster.SetCut(_node, isCut: true);
        _node.Start();
        _cluster.Steps(1000);
        Assert.Equal(Soundness.NeedsSnapshot, SoundnessOf("r"));
        _cluster.SetCut(_node, isCut: false);
        _cluster.Until(() => SoundnessOf("r") == Soundness.Sound, what: "the queue");
    }

    /// <summary>Whoever leads has damaged what waits: another one takes over, and clients notice nothing.</summary>
    [Fact]
    public void A_client_gets_all_in_order_of_a_queue_whose_leader_cannot_read_a_message()
    {
        const int Messages = 20;
        string padding = new('.', 3000);
        SimulatedConnection client = _cluster.Connect(_node);
        var arguments = new FieldTable { ["x-queue-type"] = FieldValue.Of("quorum") };
        client.Send(new QueueDeclare("r", passive: false, durable: true, false, false, noWait: false, arguments));
        Expect(client, MethodId.QueueDeclareOk);
        for (int number = 0; number < Messages; number++)
            client.Writer.AddPublish(1, "", "r", WireClient.Bytes($"{number}{padding}"));
        client.Flush();
        _cluster.Until(() => Members.All(member => member.Replica.Messages.Count == Messages), what: "all");
        ReplicatedQueue leader = Members.Single(static member => member.IsServing);
        SimulatedNode damaged = _cluster.Nodes.First(node => MemberOn(node) != leader);
        long position = 0;
        for (int number = 0; number < Messages / 2; number++)
        {
            Assert.True(leader.Replica.Messages.TryNext(position, out ReplicaMessage message));
            position = message.Index;
        }
        DamagedRecord.Flip(damaged, MemberOn(damaged).Replica.RecordOf(position), 1000);
        _cluster.Until(
            () =>
            {
                leader.Post(QueueCommand.Ask(group => group!.TransferLeadership(damaged.Id)));
                return MemberOn(damaged).IsServing;
            },
            what: "the damaged one's lead");
        client.Send(WireClient.Consume("r", "c", noAck: false, noWait: false));
        List<string> delivered = [];
        _cluster.Until(
            () =>
            {
                delivered.AddRange(client.Take()
                    .Where(static received => received.Method == MethodId.BasicDeliver)
                    .Select(static received => System.Text.Encoding.UTF8.GetString(received.Body).TrimEnd('.')));
                return delivered.Count == Messages;
            },
            what: "deliveries");
        Assert.Equal(Enumerable.Range(0, Messages).Select(static number => $"{number}"), delivered);
        Assert.False(MemberOn(damaged).IsServing);
        _cluster.Until(
            () => damaged.Lines.Exists(static line => line.Contains("this member has a fresh copy")), what: "a copy");
        Assert.Equal(Soundness.Sound, MemberOn(damaged).Consensus!.Soundness);
        Assert.Equal(Messages, MemberOn(damaged).Replica.Messages.Count);
    }

    [Fact]
    public void What_cannot_be_read_while_it_runs_costs_no_queue()
    {
        SimulatedConnection client = _node.Connect();
        Expect(client, MethodId.ChannelOpenOk);
        client.Send(Declaration);
        Expect(client, MethodId.QueueDeclareOk);
        client.Send(new ConfirmSelect(false));
        Expect(client, MethodId.ConfirmSelectOk);
        client.Writer.AddPublish(
            1, "", "q", WireClient.Bytes("kept"), new BasicProperties { DeliveryMode = 2 }.ToArray());
        client.Flush();
        Expect(client, MethodId.BasicAck);
        _node.Store.Post(new TurnEvent(() => _node.Store.Group.BecomeUnsound("a test")));
        _cluster.Until(() => _node.Store.WhenHalted.IsCompletedSuccessfully, what: "a halt");
        _cluster.Steps(1000);
        Assert.True(_node.Has("q"));
        Assert.False(_node.Store.HasLease);
        client.Send(new BasicGet("q", noAck: true));
        Assert.Equal(WireClient.Bytes("kept"), Expect(client, MethodId.BasicGetOk).Body);
    }

    /// <summary>It has all, and applies nothing: no change would be made.</summary>
    [Fact]
    public void Who_is_halted_and_elected_leaves_it_to_another()
    {
        _node.Store.Post(new TurnEvent(() => _node.Store.Group.BecomeUnsound("a test")));
        _cluster.Until(() => _node.Store.WhenHalted.IsCompletedSuccessfully, what: "a halt");
        _cluster.Until(() => _node.Store.Group.Soundness == Soundness.Sound, what: "all that was lost");
        SimulatedNode leader = _cluster.Leader!;
        bool isBegun = false;
        _cluster.Until(
            () =>
            {
                leader.Store.Post(new TurnEvent(() => isBegun |= leader.Store.Group.TransferLeadership(_node.Id)));
                return isBegun;
            },
            what: "a leader that takes it for sound");
        _cluster.Until(() => _node.Store.Group.IsLeader, what: "the halted one to lead");
        _cluster.Done(leader.Broker!.Operations.DeclareAsync("/", "later", true, false, FieldTable.Empty));
        Assert.False(_node.Store.Group.IsLeader);
    }

    private IEnumerable<ReplicatedQueue> Members => _cluster.Nodes.Select(MemberOn);

    private static ReplicatedQueue MemberOn(SimulatedNode node) =>
        ((QueueReplication)node.Broker!.Replication!).Members.Single();

    private Soundness? SoundnessOf(string queue)
    {
        if (!_node.Broker!.Topology.Vhosts.TryGetValue("/", out Vhost? vhost)
            || !vhost.Queues.TryGetValue(queue, out QueueDefinition? found))
            return null;
        return _node.Broker.Replication!.Find(found.Id)?.Consensus?.Soundness;
    }

    private static QueueDeclare Declaration =>
        new("q", passive: false, durable: true, false, false, noWait: false, FieldTable.Empty);

    private Received Expect(SimulatedConnection connection, uint method)
    {
        Received? found = null;
        _cluster.Until(
            () => (found = connection.Take().Find(received => received.Method == method)) is not null,
            mostSteps: 2000, what: $"{method:x}");
        return found!;
    }
}
