using System.Buffers.Binary;
using Warren.Amqp;
using Warren.Broker.Messages;
using Warren.Broker.Queues;
using Warren.Broker.Queues.Remote;
using Warren.Cluster.Links;
using Xunit;

namespace Warren.Broker.Tests.Remote;

/// <summary>What a home does with what clients of another node settle, also when that does not end.</summary>
public sealed class VisitTests : IDisposable
{
    private readonly VisitedNode _node = new();
    private readonly LaneSender _settlements = new(LineFrame.Settlements, LinkClass.Acknowledgements);
    private readonly LaneSender _posts = new(LineFrame.Posts, LinkClass.Publishes);
    private readonly QueueDefinition _queue;

    public VisitTests()
    {
        _queue = _node.Declare("q");
        AddConsumer();
        Send();
        Assert.Equal(1, _queue.Home.ConsumerCount);
    }

    public void Dispose() => _node.Dispose();

    [Fact]
    public void What_one_channel_ends_is_not_over_for_another()
    {
        Together(1, begins: true);
        Together(2, begins: true);
        Together(1, begins: false);
        Send();
        _node.Publish(_queue);
        Assert.Equal(1, _queue.Home.ReadyCount);
        Together(2, begins: false);
        Send();
        Assert.Equal(0, _queue.Home.ReadyCount);
    }

    [Fact]
    public void A_queue_goes_on_when_the_link_is_lost_before_all_has_come()
    {
        Together(1, begins: true);
        Send();
        _node.Publish(_queue);
        Assert.Equal(1, _queue.Home.ReadyCount);
        _node.Peer.Down();
        _node.Settle();
        Assert.Equal(0, _queue.Home.ReadyCount);
        _node.Peer.Up(process: 7);
        AssertEndsNoOther();
    }

    [Fact]
    public void And_when_it_does_not_come_in_time()
    {
        Together(1, begins: true);
        Send();
        _node.Publish(_queue);
        _node.Pass(300);
        Assert.Equal(1, _queue.Home.ReadyCount);
        _node.Pass(400);
        Assert.Equal(0, _queue.Home.ReadyCount);
        AssertEndsNoOther();
    }

    [Fact]
    public void That_nobodys_publishes_are_answered_makes_no_sense()
    {
        LineWriting.AnsweredBelow(_posts, 5);
        _node.Send(_posts, _queue.Id.Value);
        _node.Settle();
        Assert.Contains("makes no sense", Assert.Single(_node.Closed), StringComparison.Ordinal);
    }

    [Fact]
    public void Late_acknowledgements_before_one_that_is_cut_off_count()
    {
        long position = Deliver();
        LineWriting.LateAcknowledge(_settlements, position, _node.Process);
        _settlements.Add(1)[0] = (byte)LineItemKind.LateAcknowledge;
        SendOnNextLine();
        Assert.Equal(0, _queue.Home.ReadyCount + _queue.Home.UnackedCount);
        Assert.Contains("makes no sense", Assert.Single(_node.Closed), StringComparison.Ordinal);
    }

    // Its client may have said all that he had, and wait for an answer.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void That_a_line_is_over_is_told_when_there_is_a_link_and_room(bool isLinkLost)
    {
        _node.IsFull = true;
        if (isLinkLost)
        {
            _node.Peer.Down();
            _node.Pass(4500);
        }
        else
        {
            _settlements.Add(1)[0] = 255;
            Send();
        }
        Assert.Equal(0, _queue.Home.ConsumerCount);
        Assert.DoesNotContain(_node.Sent, static sent => sent.Kind == LineFrame.Closed);
        _node.IsFull = false;
        if (isLinkLost)
            _node.Peer.Up(process: 7);
        else
            _node.Peer.RoomAgain(LinkClass.Acknowledgements);
        _node.Settle();
        byte[] told = Assert.Single(_node.Sent, static sent => sent.Kind == LineFrame.Closed).Body;
        Assert.Equal((_queue.Id.Value, 1), (LineFrame.QueueOf(told), LineFrame.LineOf(told)));
        Assert.Equal((byte)LineClosed.NoSuchLine, told[^1]);
    }

    [Fact]
    public void Another_process_hears_nothing_of_lines_of_the_one_before()
    {
        _node.IsFull = true;
        _node.Peer.Down();
        _node.Pass(4500);
        _node.IsFull = false;
        _node.Peer.Up(process: 8);
        _node.Settle();
        Assert.DoesNotContain(_node.Sent, static sent => sent.Kind == LineFrame.Closed);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(-1, 1)]
    public void Late_acknowledgements_are_for_the_process_that_delivered(int otherProcess, int left)
    {
        long position = Deliver();
        LineWriting.LateAcknowledge(_settlements, position, _node.Process + otherProcess);
        SendOnNextLine();
        Assert.Equal(left, _queue.Home.ReadyCount + _queue.Home.UnackedCount);
        Assert.Empty(_node.Closed);
    }

    /// <summary>Others wait until its end is durable, and are told that it was as if it had not been there.</summary>
    [Theory]
    [InlineData(LineWriting.Persistent, 0)]
    [InlineData(LineWriting.Persistent | LineWriting.GoesAgain, 1)]
    public void A_queue_that_is_closed_takes_nothing_from_who_sends_it_again(byte flags, int refused)
    {
        _queue.Home.Post(QueueCommand.Close((QueueRequest?)null, ifUnused: false, ifEmpty: false));
        _node.Settle();
        Message message = MessageInOwnSlab.Store(
            _node.Broker.Slabs, [], "q"u8, new BasicProperties().ToArray(), [1]);
        LineWriting.Publish(_posts, message, 0, flags, -1, 1);
        message.Slab.Release(1);
        _node.Send(_posts, _queue.Id.Value);
        _node.Settle();
        _node.Broker.Storage!.CommitRound();
        _node.Settle();
        byte[][] frames =
        [
            .. _node.Sent.Where(static sent => sent.Kind == LineFrame.Verdicts).Select(static sent => sent.Body),
        ];
        Assert.Equal(refused, frames.Length);
        foreach (byte[] frame in frames)
        {
            var reader = new LineReader(frame, LineFrame.HeaderBytes);
            Assert.Equal(LineItemKind.Verdicts, (LineItemKind)reader.Byte());
            Assert.Equal(new VerdictRun(1, 1, IsAccepted: false), VerdictRun.Read(ref reader));
        }
    }

    // What belongs to the one that was given up comes after all.
    private void AssertEndsNoOther()
    {
        Together(2, begins: true);
        Together(1, begins: false);
        Send();
        _node.Publish(_queue);
        Assert.Equal(1, _queue.Home.ReadyCount);
        Together(2, begins: false);
        Send();
        Assert.Equal(0, _queue.Home.ReadyCount);
    }

    // Returns the position of a message that the consumer holds.
    private long Deliver()
    {
        _node.Publish(_queue);
        byte[] frame = _node.Sent.Last(sent => sent.Kind == LineFrame.Deliveries).Body;
        int at = Array.IndexOf(frame, (byte)LineItemKind.Deliver, LineFrame.HeaderBytes);
        return BinaryPrimitives.ReadInt64LittleEndian(frame.AsSpan(at + 14));
    }

    private void AddConsumer() => LineWriting.AddConsumer(_settlements, 1, 0, new Consumer
    {
        Tag = "c",
        TagBytes = "c"u8.ToArray(),
        Channel = new VisitChannel(1, null!),
    });

    private void Together(long cause, bool begins) => LineWriting.Together(_settlements, cause, begins);

    private void Send()
    {
        _node.Send(_settlements, _queue.Id.Value);
        _node.Settle();
    }

    // The line before this one was given up.
    private void SendOnNextLine()
    {
        var next = new LaneSender(LineFrame.Settlements, LinkClass.Acknowledgements);
        for (int at = LineFrame.HeaderBytes; at < _settlements.KeptFrame(_settlements.KeptFrames - 1).Length; at++)
            next.Add(1)[0] = _settlements.KeptFrame(_settlements.KeptFrames - 1)[at];
        _node.Send(next, _queue.Id.Value, line: 2);
        _node.Settle();
    }
}
