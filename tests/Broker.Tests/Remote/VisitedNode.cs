using System.Text;
using Warren.Amqp;
using Warren.Broker.Definitions;
using Warren.Broker.Definitions.Entries;
using Warren.Broker.Durability;
using Warren.Broker.Messages;
using Warren.Broker.Queues;
using Warren.Broker.Queues.Remote;
using Warren.Broker.Topology;
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

/// <summary>
/// A broker on one thread, and a test that is the other node: it sends what it likes, and sees what comes back.
/// </summary>
internal sealed class VisitedNode : IPeers, IStorageWatcher, ITurnScheduler, IDisposable
{
    private readonly Queue<IThreadPoolWorkItem> _turns = new();
    private NodeId? _reader;

    public VisitedNode()
    {
        Broker = new MessageBroker(
            new BrokerOptions(), this, Time, new Random(1), (_, _, line) => Lines.Add(line),
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
        Peer = Broker.QueueLinks!.PeerOf(Other);
        Settle();
        Peer.Up(process: 7);
        Settle();
    }

    public MessageBroker Broker { get; }

    public ManualTime Time { get; } = new();

    public LinePeer Peer { get; }

    public List<string> Lines { get; } = [];

    /// <summary>What goes to other nodes.</summary>
    public List<(ushort Kind, byte[] Body, NodeId To)> Sent { get; } = [];

    /// <summary>Why its link was ended.</summary>
    public List<string> Closed { get; } = [];

    public NodeId Self => TestCluster.IdOf(0);

    public long Process => 5;

    private static NodeId Other => TestCluster.IdOf(1);

    public void Dispose() => Broker.Dispose();

    public bool IsUp(NodeId peer) => true;

    public void Close(NodeId peer, string reason) => Closed.Add(reason);

    public void Register(ushort firstKind, IPeerUser user)
    {
    }

    public bool TrySend(NodeId peer, LinkClass linkClass, ushort kind, ReadOnlySpan<byte> body)
    {
        if (_reader is { } from)
            Arrive(kind, body, from);
        else
            Sent.Add((kind, body.ToArray(), peer));
        return true;
    }

    /// <summary>Everything that waits is done.</summary>
    public void Settle()
    {
        do
        {
            while (_turns.TryDequeue(out IThreadPoolWorkItem? turn))
                turn.Execute();
        }
        while (Broker.Storage!.CommitRound() == CommitOutcome.Committed || _turns.Count > 0);
    }

    public void Pass(int ms)
    {
        for (; ms > 0; ms -= 100)
        {
            Time.Advance(TimeSpan.FromMilliseconds(100));
            Settle();
        }
    }

    /// <summary>A queue that lives here.</summary>
    public QueueDefinition Declare(string name, FieldTable? arguments = null)
    {
        Task declared = Broker.Operations.DeclareAsync("/", name, true, false, arguments ?? FieldTable.Empty);
        Settle();
        Assert.True(declared.IsCompletedSuccessfully);
        return Find(name);
    }

    /// <summary>A queue that lives on the other node.</summary>
    public QueueDefinition DeclareThere(string name)
    {
        var entry = new QueueEntry
        {
            Vhost = "/",
            Name = name,
            Durable = true,
            HomeNode = Other,
            DeclaredArguments = FieldTable.Empty,
        };
        Broker.Definitions.Post(new TurnEvent(() => Broker.Definitions.Commit([entry])));
        Settle();
        return Find(name);
    }

    /// <summary>Publishes a message here, and does everything that comes of it.</summary>
    public void Publish(QueueDefinition queue)
    {
        Message message = MessageInOwnSlab.Store(
            Broker.Slabs, [], Encoding.UTF8.GetBytes(queue.Name), new BasicProperties().ToArray(), [1]);
        queue.Home.Post(QueueCommand.Publish(message, 0, false, ttlMs: -1, null, 0, null));
        Settle();
    }

    /// <summary>What the lane holds and was not sent before comes from the other node.</summary>
    public void Send(LaneSender lane, long queue, long line = 1, NodeId? from = null)
    {
        _reader = from ?? Other;
        lane.Send(Peer, queue, line);
        _reader = null;
    }

    public void Arrive(ushort kind, ReadOnlySpan<byte> body, NodeId? from = null) =>
        Broker.QueueLinks!.FrameArrived(new PeerFrame
        {
            From = from ?? Other,
            Link = null!,
            Class = LinkClass.Acknowledgements,
            Kind = kind,
            Body = body,
            Credit = default,
        });

    void ITurnScheduler.Schedule(IThreadPoolWorkItem turn) => Enqueue(turn);

    void ITurnScheduler.ScheduleNext(IThreadPoolWorkItem loop) => Enqueue(loop);

    void IStorageWatcher.SpaceChanged(bool isExhausted, string message)
    {
    }

    void IStorageWatcher.Failed(StorageFailedException error) => Assert.Fail(error.Message);

    void IStorageWatcher.Damaged(string message) => Assert.Fail(message);

    private QueueDefinition Find(string name) =>
        Broker.Topology.Vhosts.TryGetValue("/", out Vhost? vhost)
        && vhost.Queues.TryGetValue(name, out QueueDefinition? queue)
            ? queue
            : throw new InvalidOperationException($"no queue {name}");

    private void Enqueue(IThreadPoolWorkItem turn) => _turns.Enqueue(turn);
}
