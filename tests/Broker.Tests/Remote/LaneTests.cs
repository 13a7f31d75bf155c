using System.Buffers.Binary;
using System.Collections.Concurrent;
using Warren.Amqp;
using Warren.Broker.Queues;
using Warren.Broker.Queues.Remote;
using Warren.Broker.Turns;
using Warren.Cluster;
using Warren.Cluster.Links;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Remote;

/// <summary>One lane over a link that loses its end, comes back, and is full now and then.</summary>
public sealed class LaneTests : IDisposable
{
    private const ushort Kind = LineFrame.Posts;

    private readonly Queue<byte[]> _sent = new();
    private readonly ManualTime _time = new();
    private readonly PeeredBroker _peered;
    private readonly LinePeer _peer;
    private readonly ConcurrentQueue<ushort> _refused = new();
    private readonly ConcurrentQueue<ushort> _taken = new();
    private volatile int _room = int.MaxValue;

    public LaneTests()
    {
        _peered = new PeeredBroker(ThreadPoolTurns.Instance, _time, TrySend);
        _peer = _peered.Peer;
    }

    public void Dispose() => _peered.Dispose();

    [Fact]
    public void Only_the_next_number_is_taken()
    {
        var receiver = new LaneReceiver();
        Assert.False(receiver.Takes(2, 10));
        Assert.False(receiver.IsReceiptDue);
        Assert.True(receiver.Takes(1, 10));
        Assert.False(receiver.Takes(3, 10));
        Assert.Equal(1, receiver.Received);
        receiver.Told();
        // What comes again was received, and the other side does not know.
        Assert.False(receiver.Takes(1, 10));
        Assert.True(receiver.IsReceiptDue);
        Assert.Equal(10, receiver.ReceivedBytes);
    }

    [Fact]
    public void A_receipt_is_due_after_enough_and_known_to_be_owed_before()
    {
        var receiver = new LaneReceiver();
        Assert.False(receiver.IsUntold);
        for (int number = 1; number < 32; number++)
            Assert.True(receiver.Takes(number, 10));
        Assert.True(receiver.IsUntold);
        Assert.False(receiver.IsReceiptDue);
        Assert.True(receiver.Takes(32, 10));
        Assert.True(receiver.IsReceiptDue);
        receiver.Told();
        Assert.False(receiver.IsUntold);
        Assert.True(receiver.Takes(33, 200_000));
        Assert.True(receiver.IsReceiptDue);
    }

    [Fact]
    public void The_window_bounds_what_is_sent_once_and_not_what_is_sent_again()
    {
        var sender = new LaneSender(Kind, LinkClass.Publishes) { WindowBytes = 1000 };
        for (int item = 0; item < 10; item++)
        {
            sender.Add(400);
            Assert.False(sender.Send(_peer, 7, 1));
        }
        Assert.Equal(3, _sent.Count);
        Assert.True(sender.UnsentBytes >= 7 * 400);
        sender.Rewind();
        sender.Send(_peer, 7, 1);
        Assert.Equal(6, _sent.Count);
        sender.Received(3);
        sender.WindowBytes = 10_000;
        sender.Send(_peer, 7, 1);
        Assert.Equal(0, sender.UnsentBytes);
        // Those that waited went together.
        Assert.Equal(7, _sent.Count);
        sender.Received(sender.LastNumber);
        Assert.True(sender.IsEmpty);
    }

    [Fact]
    public void A_frame_for_this_node_itself_is_not_written_to_again_and_is_given_back_once()
    {
        MessageBroker broker = _peered.Broker;
        LinePeer own = broker.QueueLinks!.PeerOf(_peered.Self);
        Assert.NotNull(own.OwnSlabs);
        Assert.Null(_peer.OwnSlabs);
        long before = broker.Slabs.OutstandingBytes;
        // Of deliveries to a queue that nobody has here nothing is kept.
        var sender = new LaneSender(LineFrame.Deliveries, LinkClass.Deliveries) { OwnSlabs = own.OwnSlabs };
        sender.Add(100);
        // It grows: what it was in before is given back.
        sender.Add(30_000).Fill(7);
        Assert.False(sender.Send(own, 7, 1));
        Assert.Equal(1, sender.HighestSent);
        byte[] sent = sender.KeptFrame(0).ToArray();
        sender.LineFlags = LineFrame.OfReplicated;
        sender.Rewind();
        Assert.False(sender.Send(own, 8, 2));
        Assert.Equal(sent, sender.KeptFrame(0).ToArray());
        Assert.True(broker.Slabs.OutstandingBytes > before);
        sender.Received(1);
        Assert.Equal(before, broker.Slabs.OutstandingBytes);
        sender.Add(100);
        sender.Clear();
        Assert.Equal(before, broker.Slabs.OutstandingBytes);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Whatever_is_lost_everything_arrives_once_and_in_order(int seed)
    {
        var random = new Random(seed);
        var sender = new LaneSender(Kind, LinkClass.Publishes);
        var receiver = new LaneReceiver();
        var arrived = new List<int>();
        int next = 0;
        for (int step = 0; step < 20_000 || (arrived.Count < next && step < 200_000); step++)
        {
            switch (random.Next(10))
            {
                case < 4 when step < 20_000:
                    int sizeBytes = random.Next(8, 3000);
                    Span<byte> item = sender.Add(sizeBytes);
                    BinaryPrimitives.WriteInt32LittleEndian(item, next++);
                    BinaryPrimitives.WriteInt32LittleEndian(item[4..], sizeBytes);
                    break;
                case 4:
                    _room = random.Next(0, 4);
                    break;
                case 5:
                    // The link breaks: the end of what was sent is lost, and the receipts on their way too.
                    for (int kept = random.Next(_sent.Count + 1); _sent.Count > kept;)
                        LoseLast();
                    // Before the sender knows, it goes on on the new link.
                    _room = int.MaxValue;
                    sender.Send(_peer, 7, 1);
                    sender.Rewind();
                    break;
                case 6:
                    sender.Received(receiver.Received);
                    break;
                case 7:
                    Arrive(receiver, arrived);
                    break;
                default:
                    sender.Send(_peer, 7, 1);
                    break;
            }
        }
        Assert.Equal(Enumerable.Range(0, next), arrived);
        Assert.True(next > 1000);
        sender.Clear();
    }

    [Fact]
    public void Of_what_was_not_received_the_acknowledgements_are_found()
    {
        var sender = new LaneSender(LineFrame.Settlements, LinkClass.Acknowledgements);
        void Mixed(int from)
        {
            LineWriting.Settlement(sender, LineItemKind.Acknowledge, 1, from);
            LineWriting.Settlement(sender, LineItemKind.Reject, 1, 1000);
            LineWriting.Written(sender, 1, 2, 3);
            LineWriting.AddConsumer(sender, 1, 2, new Consumer
            {
                Tag = "tag",
                TagBytes = "tag"u8.ToArray(),
                Channel = new VisitChannel(1, null!),
                Arguments = new FieldTable { ["x"] = FieldValue.Of("y") },
            });
            LineWriting.Counted(sender, LineItemKind.SetShared, 1, 1);
            LineWriting.Counted(sender, LineItemKind.Grant, 1, 1);
            LineWriting.Together(sender, 1, begins: true);
            LineWriting.Settlement(sender, LineItemKind.Undelivered, 1, 1000);
            LineWriting.CancelConsumer(sender, 1, 2);
            LineWriting.LateAcknowledge(sender, from + 1, process: 1);
        }
        Mixed(1);
        sender.Send(_peer, 7, 1);
        sender.Received(1);
        Mixed(11);
        sender.Send(_peer, 7, 1);
        Mixed(21);
        Assert.Equal([11, 12, 21, 22], UnreceivedAcknowledgements.Of(sender));
    }

    [Fact]
    public async Task Of_an_alarm_for_which_there_was_no_room_the_other_node_hears_later()
    {
        _room = 0;
        _peer.Up(process: 1);
        await Eventually.True(() => _refused.Contains(LineFrame.Alarm));
        _room = int.MaxValue;
        await Eventually.True(() =>
        {
            _peer.RoomAgain(LinkClass.Control);
            return _taken.Contains(LineFrame.Alarm);
        });
    }

    /// <summary>A timer fires again while a thread that had no turn for long still carries the last tick out.</summary>
    [Fact]
    public void A_tick_may_begin_before_the_last_one_has_ended()
    {
        QueueLinks links = _peered.Broker.QueueLinks!;
        int ticks = 0;
        var line = new TickedLine();
        line.Ticked = () =>
        {
            if (++ticks >= 5)
                return;
            links.WantTick(line);
            _time.Advance(links.Options.TickInterval);
        };
        links.WantTick(line);
        _time.Advance(links.Options.TickInterval);
        Assert.Equal(5, ticks);
    }

    private bool TrySend(NodeId to, ushort kind, ReadOnlySpan<byte> body)
    {
        if (_room == 0)
        {
            _refused.Enqueue(kind);
            return false;
        }
        _room--;
        _taken.Enqueue(kind);
        _sent.Enqueue(body.ToArray());
        return true;
    }

    private void LoseLast()
    {
        byte[][] all = [.. _sent];
        _sent.Clear();
        foreach (byte[] frame in all[..^1])
            _sent.Enqueue(frame);
    }

    private void Arrive(LaneReceiver receiver, List<int> arrived)
    {
        while (_sent.TryDequeue(out byte[]? frame))
        {
            Assert.Equal(7, LineFrame.QueueOf(frame));
            Assert.Equal(1, LineFrame.LineOf(frame));
            if (!receiver.Takes(LineFrame.NumberOf(frame), frame.Length))
                continue;
            for (int at = LineFrame.HeaderBytes; at < frame.Length;)
            {
                arrived.Add(BinaryPrimitives.ReadInt32LittleEndian(frame.AsSpan(at)));
                at += BinaryPrimitives.ReadInt32LittleEndian(frame.AsSpan(at + 4));
            }
        }
    }

    private sealed class TickedLine : ILine
    {
        public Action Ticked { get; set; } = () => { };

        public void Signal(LineSignal signal, long process)
        {
            if (signal == LineSignal.Tick)
                Ticked();
        }
    }
}
