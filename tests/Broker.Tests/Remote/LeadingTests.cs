using System.Buffers.Binary;
using System.Text;
using Warren.Amqp;
using Warren.Broker.Channels;
using Warren.Broker.Connections;
using Warren.Broker.Messages;
using Warren.Broker.Operations;
using Warren.Broker.Queues;
using Warren.Broker.Queues.Remote;
using Warren.Broker.Queues.Replicated;
using Warren.Cluster.Links;
using Xunit;

namespace Warren.Broker.Tests.Remote;

/// <summary>What a node does with lines to a replicated queue, as long as it leads it.</summary>
public sealed class LeadingTests : IDisposable
{
    private readonly FollowedQueue _queue = new();
    private readonly LedQueue _led;
    private readonly ReplicatedLeader _leader;
    private readonly LaneSender _posts = new(LineFrame.Posts, LinkClass.Publishes)
    {
        LineFlags = LineFrame.OfReplicated,
    };

    private readonly LaneSender _settlements = new(LineFrame.Settlements, LinkClass.Acknowledgements)
    {
        LineFlags = LineFrame.OfReplicated,
    };


    public LeadingTests()
    {
        _led = new LedQueue(Node) { Definition = _queue.Home.Definition };
        _leader = new ReplicatedLeader(FollowedQueue.Id, _led, term: 4);
    }

    private VisitedNode Node => _queue.Node;

    private QueueLinks Links => Node.Broker.QueueLinks!;

    public void Dispose() => _queue.Dispose();

    [Fact]
    public void All_nodes_are_told_who_leads_and_again_on_every_link()
    {
        Begin();
        Assert.Equal((1, 1), (_queue.FramesTo(1, LineFrame.Leads), _queue.FramesTo(2, LineFrame.Leads)));
        Assert.Equal(Node.Self, _queue.Home.LeaderNode);
        Node.Peer.Down();
        Node.Peer.Up(process: 7);
        Node.Settle();
        byte[] told = Assert.Single(Node.Sent, static sent => sent.Kind == LineFrame.Leads).Body;
        Assert.Equal(FollowedQueue.Id, BinaryPrimitives.ReadInt64LittleEndian(told));
        Assert.Equal(4, BinaryPrimitives.ReadInt64LittleEndian(told.AsSpan(8)));
    }

    [Fact]
    public void Its_own_clients_come_by_a_line_within_the_process()
    {
        var queue = new Queue(Node.Broker, new QueueSettings()) { Definition = _queue.Home.Definition };
        _queue.Publish(1);
        Links.BeginLeading(new ReplicatedLeader(FollowedQueue.Id, queue, term: 1));
        Node.Settle();
        _queue.Publish(2);
        Assert.Equal(["ack 1", "ack 2"], _queue.Heard);
        _queue.Consume("a");
        Assert.Equal(["deliver 1, epoch 1", "deliver 2, epoch 1"], _queue.Heard.Skip(2));
        _queue.Post(QueueCommand.Settle(0, 1, epoch: 1));
        Assert.Equal((0, 1), (queue.ReadyCount, queue.UnackedCount));
        Assert.Equal((0, 1, 1), (_queue.Home.ReadyCount, _queue.Home.UnackedCount, _queue.Home.ConsumerCount));
        // Nothing of it has gone to another node.
        Assert.DoesNotContain(Node.Sent, static sent => sent.Kind is LineFrame.Posts or LineFrame.Settlements);
    }

    [Fact]
    public void Clients_of_its_own_that_hold_nothing_are_known_at_once()
    {
        Begin();
        Assert.Equal(Node.Self, Assert.Single(_led.Take(QueueCommandKind.ClaimsComplete)).Target);
    }

    [Fact]
    public void Who_says_to_hold_nothing_in_this_term_is_done_with()
    {
        Begin();
        _led.Commands.Clear();
        byte[] body = new byte[2 * LineFrame.LeadershipBytes];
        BinaryPrimitives.WriteInt64LittleEndian(body, FollowedQueue.Id);
        BinaryPrimitives.WriteInt64LittleEndian(body.AsSpan(8), 3);
        BinaryPrimitives.WriteInt64LittleEndian(body.AsSpan(16), FollowedQueue.Id);
        BinaryPrimitives.WriteInt64LittleEndian(body.AsSpan(24), 4);
        Node.Arrive(LineFrame.HoldsNothing, body.AsSpan(0, LineFrame.LeadershipBytes));
        Node.Settle();
        Assert.Empty(_led.Commands);
        Node.Arrive(LineFrame.HoldsNothing, body.AsSpan(LineFrame.LeadershipBytes));
        Node.Settle();
        Assert.Equal(TestCluster.IdOf(1), Assert.Single(_led.Take(QueueCommandKind.ClaimsComplete)).Target);
    }

    [Fact]
    public void Publishes_bear_their_source_and_number()
    {
        Begin();
        LineWriting.Source(_posts, 77);
        Publish(5);
        Send();
        QueueCommand publish = Assert.Single(_led.Take(QueueCommandKind.Publish));
        var channel = Assert.IsType<VisitChannel>(publish.Target);
        Assert.Equal(new PublishSource(TestCluster.IdOf(1), 77), channel.OfSource);
        Assert.Equal(5, publish.Second);
    }

    [Fact]
    public void Nobodys_publishes_are_not_taken()
    {
        Begin();
        Publish(1);
        Send();
        Assert.Empty(_led.Take(QueueCommandKind.Publish));
        Assert.Contains("nobody's", Assert.Single(Node.Closed), StringComparison.Ordinal);
    }

    [Fact]
    public void Claims_and_settlements_by_position_come_in_their_order()
    {
        Begin();
        _led.Commands.Clear();
        LineWriting.AddConsumer(_settlements, 1, 0, _queue.Consume("a"));
        LineWriting.Claims(_settlements, 1, [7, 9]);
        LineWriting.Claims(_settlements, 0, [8, 11]);
        LineWriting.SettlementAt(_settlements, LineItemKind.AcknowledgeAt, 5);
        LineWriting.SettlementAt(_settlements, LineItemKind.RejectAt, 6);
        LineWriting.ClaimsComplete(_settlements);
        LineWriting.SettlementAt(_settlements, LineItemKind.RequeueAt, 7);
        LineWriting.SettlementAt(_settlements, LineItemKind.ReturnAt, 9);
        LineWriting.SettlementAt(_settlements, LineItemKind.UndeliveredAt, 8);
        _led.Commands.Clear();
        Send();
        Assert.Equal(
            [
                QueueCommandKind.AddConsumer, QueueCommandKind.Claim, QueueCommandKind.Claim,
                QueueCommandKind.SettleAt, QueueCommandKind.RejectAt, QueueCommandKind.ClaimsComplete,
                QueueCommandKind.RequeueAt, QueueCommandKind.ReturnAt, QueueCommandKind.ReturnAt,
                QueueCommandKind.Sync,
            ],
            _led.Kinds);
        var first = Assert.IsType<HeldClaim>(_led.Commands[1].Target);
        Assert.Same(_led.Commands[0].Target, first.Consumer);
        Assert.Equal([7, 9], first.Positions);
        var second = Assert.IsType<HeldClaim>(_led.Commands[2].Target);
        Assert.Null(second.Consumer);
        Assert.Same(first.Outbox, second.Outbox);
        Assert.Equal((5L, 6L), (_led.Commands[3].First, _led.Commands[4].First));
        Assert.Same(first.Outbox, _led.Commands[4].Target);
        Assert.Equal((true, false), (_led.Commands[7].Flag, _led.Commands[8].Flag));
        _led.Commands.Clear();
        // What gets hold is named, since no consumer holds it: of that only one is left.
        SendEnd();
        Assert.Equal([11], _led.Take(QueueCommandKind.ReturnAt).Select(static command => command.First));
    }

    [Fact]
    public void Settlements_are_told_when_they_are_committed()
    {
        Begin();
        LineWriting.Settlement(_settlements, LineItemKind.Acknowledge, 1, 2);
        Send();
        LineWriting.Settlement(_settlements, LineItemKind.Acknowledge, 2, 3);
        Send();
        List<QueueCommand> asked = _led.Take(QueueCommandKind.Sync);
        Node.Pass(200);
        Assert.Equal([0], Committed());
        Answer(asked[0], accepted: true);
        Node.Pass(200);
        Assert.Equal([1], Committed());
        // A leader that is deposed refuses what it does not know.
        Answer(asked[1], accepted: false);
        Node.Pass(200);
        Assert.Empty(Committed());
        Assert.DoesNotContain(Node.Sent, static sent => sent.Kind is LineFrame.HomeReceipt or LineFrame.Verdicts);
    }

    [Fact]
    public void A_line_to_a_queue_that_is_not_led_here_is_over()
    {
        LineWriting.Source(_posts, 77);
        Send();
        Assert.Equal([LineClosed.NotLeading], Closed());
        Begin();
        Send(line: 2);
        Assert.Empty(Closed());
    }

    [Fact]
    public void A_line_to_what_was_a_queue_of_one_node_ends_when_it_is_replicated()
    {
        QueueDefinition plain = Node.Declare("plain");
        _settlements.LineFlags = 0;
        LineWriting.Settlement(_settlements, LineItemKind.Acknowledge, 1, 2);
        Node.Send(_settlements, plain.Id.Value);
        Node.Settle();
        var led = new LedQueue(Node) { Definition = plain };
        var leader = new ReplicatedLeader(plain.Id.Value, led, term: 1);
        Links.BeginLeading(leader);
        Links.Remove(plain);
        Links.Add(new QueueDefinition
        {
            Id = plain.Id,
            Vhost = "/",
            Name = "plain",
            Home = new ReplicatedHome(Node.Broker, Links, new QueueSettings()) { Definition = plain },
        });
        Node.Settle();
        Assert.Contains(LineClosed.Moved, Closed());
        bool ended = false;
        Links.EndLeading(leader, () => ended = true);
        Assert.True(ended);
        Assert.Empty(led.Take(QueueCommandKind.ReturnAll));
    }

    [Fact]
    public void Who_leads_no_more_has_the_last_command_of_every_line_when_it_is_told()
    {
        Begin();
        LineWriting.Claims(_settlements, 0, [8]);
        Send();
        _queue.Publish(1);
        _led.Commands.Clear();
        int before = -1;
        Links.EndLeading(_leader, () => before = _led.Commands.Count);
        Assert.Equal(-1, before);
        Node.Settle();
        // Each line has given back what its clients held.
        Assert.Equal(2, _led.Take(QueueCommandKind.ReturnAll).Count);
        Assert.Single(_led.Take(QueueCommandKind.ReturnAt));
        Assert.NotEqual(-1, before);
        Assert.Equal([LineClosed.NotLeading], Closed());
        _led.Commands.Clear();
        LineWriting.SettlementAt(_settlements, LineItemKind.AcknowledgeAt, 8);
        Send();
        Node.Pass(500);
        Assert.Empty(_led.Commands);
        // Its own clients go to whoever leads next.
        _queue.Lead(2, term: 5);
        Assert.Equal(["source", "Publish 1"], _queue.PostsTo(2));
    }

    [Fact]
    public void Without_lines_it_is_told_at_once()
    {
        Begin();
        bool ended = false;
        Links.EndLeading(_leader, () => ended = true);
        Assert.True(ended);
        Assert.Throws<InvalidOperationException>(() => Links.EndLeading(_leader, static () => { }));
    }

    [Fact]
    public void A_message_that_a_get_got_too_late_goes_back_only_while_it_leads()
    {
        Begin();
        LineWriting.Request(_posts, LineItemKind.Get, 1, 0, 0);
        Send();
        var request = (VisitRequest)Assert.Single(_led.Take(QueueCommandKind.Get)).Target!;
        SendEnd();
        Take(request, position: 30);
        Assert.Equal(30, Assert.Single(_led.Take(QueueCommandKind.Return)).First);
        Links.EndLeading(_leader, static () => { });
        Take(request, position: 31);
        Assert.Empty(_led.Take(QueueCommandKind.Return));
    }

    [Fact]
    public void Counts_of_what_is_led_here_are_told()
    {
        Begin();
        Node.Arrive(LineFrame.AskCounts, new byte[8]);
        Node.Settle();
        byte[] told = Assert.Single(Node.Sent, static sent => sent.Kind == LineFrame.Counts).Body;
        Assert.Equal(FollowedQueue.Id, BinaryPrimitives.ReadInt64LittleEndian(told.AsSpan(9)));
        Assert.Equal(3, BinaryPrimitives.ReadInt32LittleEndian(told.AsSpan(17)));
        Assert.Equal((3, 2, 1), (_queue.Home.ReadyCount, _queue.Home.UnackedCount, _queue.Home.ConsumerCount));
        Links.EndLeading(_leader, static () => { });
        Assert.Equal(0, _queue.Home.ReadyCount);
        _queue.Lead(1, term: 5);
        Node.Arrive(LineFrame.Counts, told);
        Assert.Equal((3, 2), (_queue.Home.ReadyCount, _queue.Home.UnackedCount));
    }

    private void Begin()
    {
        Links.BeginLeading(_leader);
        Node.Settle();
    }

    private void Publish(long number)
    {
        Message message = MessageInOwnSlab.Store(
            Node.Broker.Slabs, [], "q"u8, new BasicProperties().ToArray(), Encoding.UTF8.GetBytes("m"));
        LineWriting.Publish(_posts, message, 0, LineWriting.Persistent, -1, number);
        message.Slab.Release(1);
    }

    private void Send(long line = 1)
    {
        if (line != 1)
        {
            _posts.Rewind();
            _settlements.Rewind();
        }
        Node.Send(_settlements, FollowedQueue.Id, line);
        Node.Send(_posts, FollowedQueue.Id, line);
        Node.Settle();
    }

    private void SendEnd()
    {
        byte[] end = new byte[LineFrame.AddressBytes];
        LineFrame.WriteAddress(end, FollowedQueue.Id, 1);
        Node.Arrive(LineFrame.Ended, end);
        Node.Settle();
    }

    private void Answer(in QueueCommand sync, bool accepted)
    {
        var channel = (DeliveryChannel)sync.Target!;
        channel.Outbox.Post([OutboxItem.Confirm(channel, (ulong)sync.Second, accepted)]);
        Node.Settle();
    }

    private void Take(VisitRequest request, long position)
    {
        Message message = MessageInOwnSlab.Store(
            Node.Broker.Slabs, [], "q"u8, new BasicProperties().ToArray(), [1]);
        var effect = new QueueEffect
        {
            Kind = QueueEffectKind.GetOk,
            Subject = request,
            Small = 3,
            Number = position,
            Content = message,
        };
        QueueScratch scratch = QueueScratch.ForThisThread;
        request.Take(effect, scratch, epoch: 0);
        scratch.Flush();
        message.Slab.Release(1);
        Node.Settle();
    }

    // What was said of it since it was asked last.
    private List<long> Committed()
    {
        List<long> told =
        [
            .. Node.Sent.Where(static sent => sent.Kind == LineFrame.LeaderReceipt)
                .Select(static sent => BinaryPrimitives.ReadInt64LittleEndian(
                    sent.Body.AsSpan(LineFrame.ReceiptBytes))),
        ];
        _queue.FramesTo(1, LineFrame.LeaderReceipt);
        return told;
    }

    private List<LineClosed> Closed()
    {
        List<LineClosed> told =
        [
            .. Node.Sent.Where(static sent => sent.Kind == LineFrame.Closed)
                .Select(static sent => (LineClosed)sent.Body[^1]),
        ];
        _queue.FramesTo(1, LineFrame.Closed);
        return told;
    }
}
