using Warren.Amqp;
using Warren.Broker.Durability;
using Warren.Broker.Queues;
using Warren.Broker.Queues.Remote;
using Warren.Broker.Turns;
using Warren.Cluster;
using Warren.Cluster.Consensus;
using Warren.Cluster.Groups;
using Warren.Cluster.Links;
using Warren.Cluster.Peers;
using Warren.Storage;
using Warren.Storage.Disk;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Remote;

/// <summary>Lines of one node to one queue, one behind the other, when turns run in the worst order there is.</summary>
public sealed class LineOrderTests : IPeers, IStorageWatcher, ITurnScheduler, IDisposable
{
    private readonly Stack<IThreadPoolWorkItem> _turns = new();
    private readonly List<(ushort Kind, byte[] Body)> _sent = [];
    private readonly MessageBroker _broker;
    private readonly LinePeer _peer;

    public LineOrderTests()
    {
        _broker = new MessageBroker(
            new BrokerOptions(), this, new ManualTime(), new Random(1), (_, _, _) => { },
            new StorageSetup(new MemoryDisk(), new NodeLogOptions(), this, static () => { }),
            new ClusterSetup
            {
                Self = Self,
                Name = TestCluster.NodeNameOf(0),
                Peers = this,
                Transport = new GroupTransport(
                    this, new RaftOptions(), new GroupTransportOptions(), TimeProvider.System, static _ => { }),
                Founders = [Self],
            });
        _peer = _broker.QueueLinks!.PeerOf(Other);
    }

    public NodeId Self => TestCluster.IdOf(0);

    private static NodeId Other => TestCluster.IdOf(1);

    public void Dispose() => _broker.Dispose();

    void ITurnScheduler.Schedule(IThreadPoolWorkItem turn) => _turns.Push(turn);

    void ITurnScheduler.ScheduleNext(IThreadPoolWorkItem loop) => _turns.Push(loop);

    void IStorageWatcher.SpaceChanged(bool isExhausted, string message)
    {
    }

    void IStorageWatcher.Failed(StorageFailedException error) => Assert.Fail(error.Message);

    void IStorageWatcher.Damaged(string message) => Assert.Fail(message);

    long IPeers.Process => 1;

    bool IPeers.IsUp(NodeId peer) => true;

    void IPeers.Close(NodeId peer, string reason) => Assert.Fail(reason);

    void IPeers.Register(ushort firstKind, IPeerUser user)
    {
    }

    bool IPeers.TrySend(NodeId peer, LinkClass linkClass, ushort kind, ReadOnlySpan<byte> body)
    {
        _sent.Add((kind, body.ToArray()));
        return true;
    }

    /// <summary>A consumer that wants the queue for itself is no rival of what it was before.</summary>
    [Theory]
    [InlineData(7)]
    [InlineData(8)]
    public void A_line_waits_until_the_one_before_has_left(long nextProcess)
    {
        Settle();
        Task declared = _broker.Operations.DeclareAsync("/", "q", true, false, FieldTable.Empty);
        Settle();
        Assert.True(declared.IsCompletedSuccessfully);
        long queue = _broker.AllQueues().Single().Id.Value;
        _peer.Up(process: 7);
        Consume(queue, line: 1);
        Settle();
        Assert.Equal(AnswerKind.Ok, TakeAnswer());
        if (nextProcess != 7)
        {
            _peer.Down();
            _peer.Up(nextProcess);
        }
        Consume(queue, line: 2);
        // A third one, before the second has begun.
        Consume(queue, line: 3);
        Settle();
        Assert.Equal(AnswerKind.Ok, TakeAnswer());
        Assert.Equal(1, _broker.AllQueues().Single().Home.ConsumerCount);
    }

    // The latest first.
    private void Settle()
    {
        do
        {
            while (_turns.TryPop(out IThreadPoolWorkItem? turn))
                turn.Execute();
        }
        while (_broker.Storage!.CommitRound() == CommitOutcome.Committed || _turns.Count > 0);
    }

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
        settlements.Send(_peer, queue, line);
        byte[] body = _sent[^1].Body;
        _sent.Clear();
        _broker.QueueLinks!.FrameArrived(new PeerFrame
        {
            From = Other,
            Link = null!,
            Class = LinkClass.Acknowledgements,
            Kind = LineFrame.Settlements,
            Body = body,
            Credit = default,
        });
    }

    private AnswerKind TakeAnswer()
    {
        byte[] body = _sent.Last(frame => frame.Kind == LineFrame.Deliveries).Body;
        Assert.Equal((byte)LineItemKind.Answer, body[LineFrame.HeaderBytes]);
        return (AnswerKind)body[LineFrame.HeaderBytes + 1];
    }
}
