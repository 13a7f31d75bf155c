using Warren.Amqp;
using Warren.Broker.Queues;
using Warren.Broker.Queues.Remote;
using Warren.Broker.Turns;
using Warren.Cluster.Links;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Remote;

/// <summary>Lines of one node to one queue, one behind the other, when turns run in the worst order there is.</summary>
public sealed class LineOrderTests : ITurnScheduler, IDisposable
{
    private readonly Stack<IThreadPoolWorkItem> _turns = new();
    private readonly List<(ushort Kind, byte[] Body)> _sent = [];
    private readonly PeeredBroker _peered;

    public LineOrderTests()
    {
        _peered = new PeeredBroker(
            this, new ManualTime(),
            (_, kind, body) =>
            {
                _sent.Add((kind, body.ToArray()));
                return true;
            },
            founds: true);
    }

    private MessageBroker Broker => _peered.Broker;

    private LinePeer Peer => _peered.Peer;

    public void Dispose() => _peered.Dispose();

    void ITurnScheduler.Schedule(IThreadPoolWorkItem turn) => _turns.Push(turn);

    void ITurnScheduler.ScheduleNext(IThreadPoolWorkItem loop) => _turns.Push(loop);

    /// <summary>A consumer that wants the queue for itself is no rival of what it was before.</summary>
    [Theory]
    [InlineData(7)]
    [InlineData(8)]
    public void A_line_waits_until_the_one_before_has_left(long nextProcess)
    {
        Settle();
        Task declared = Broker.Operations.DeclareAsync("/", "q", true, false, FieldTable.Empty);
        Settle();
        Assert.True(declared.IsCompletedSuccessfully);
        long queue = Broker.AllQueues().Single().Id.Value;
        Peer.Up(process: 7);
        Consume(queue, line: 1);
        Settle();
        Assert.Equal(AnswerKind.Ok, TakeAnswer());
        if (nextProcess != 7)
        {
            Peer.Down();
            Peer.Up(nextProcess);
        }
        Consume(queue, line: 2);
        // A third one, before the second has begun.
        Consume(queue, line: 3);
        Settle();
        Assert.Equal(AnswerKind.Ok, TakeAnswer());
        Assert.Equal(1, Broker.AllQueues().Single().Home.ConsumerCount);
    }

    // The latest first.
    private void Settle() => _peered.Settle(_turns, _turns.Pop);

    private void Consume(long queue, long line)
    {
        var settlements = new LaneSender(LineFrame.Settlements, LinkClass.Acknowledgements);
        LineWriting.AddConsumer(settlements, 1, 2, new Consumer
        {
            Tag = "c",
            TagBytes = "c"u8.ToArray(),
            Channel = new VisitChannel(1, null!),
            Exclusive = true,
        });
        settlements.Send(Peer, queue, line);
        byte[] body = _sent[^1].Body;
        _sent.Clear();
        _peered.Arrive(LineFrame.Settlements, body);
    }

    private AnswerKind TakeAnswer()
    {
        byte[] body = _sent.Last(frame => frame.Kind == LineFrame.Deliveries).Body;
        Assert.Equal((byte)LineItemKind.Answer, body[LineFrame.HeaderBytes]);
        return (AnswerKind)body[LineFrame.HeaderBytes + 1];
    }
}
