using Warren.Broker.Durability;
using Warren.Broker.Queues.Remote;
using Warren.Broker.Turns;
using Warren.Cluster;
using Warren.Cluster.Consensus;
using Warren.Cluster.Groups;
using Warren.Cluster.Links;
using Warren.Cluster.Peers;
using Warren.Storage;
using Warren.Storage.Disk;
using Xunit;

namespace Warren.Broker.Tests.Remote;

/// <summary>A broker, and a test that is its links with other nodes: mostly with the one other that there is.</summary>
internal sealed class PeeredBroker : IPeers, IStorageWatcher, IDisposable
{
    private readonly Sending _send;

    /// <param name="turns">Runs its turns.</param>
    /// <param name="time">Its clock.</param>
    /// <param name="send">Gets what goes to another node; false: there is no room.</param>
    /// <param name="founds">It begins a cluster; else it waits for one.</param>
    /// <param name="log">Gets its lines.</param>
    public PeeredBroker(
        ITurnScheduler turns, TimeProvider time, Sending send, bool founds = false, Action<string>? log = null)
    {
        _send = send;
        Broker = new MessageBroker(
            new BrokerOptions(), turns, time, new Random(1), (_, _, line) => log?.Invoke(line),
            new StorageSetup(new MemoryDisk(), new NodeLogOptions(), this, static () => { }),
            new ClusterSetup
            {
                Self = Self,
                Name = TestCluster.NodeNameOf(0),
                Peers = this,
                Transport = new GroupTransport(
                    this, new RaftOptions(), new GroupTransportOptions(), TimeProvider.System, static _ => { }),
                Founders = founds ? [Self] : [],
            });
        Peer = Broker.QueueLinks!.PeerOf(Other);
    }

    /// <summary>What goes to another node.</summary>
    public delegate bool Sending(NodeId to, ushort kind, ReadOnlySpan<byte> body);

    public static NodeId Other => TestCluster.IdOf(1);

    public MessageBroker Broker { get; }

    public LinePeer Peer { get; }

    /// <summary>Gets why the link was ended.</summary>
    public Action<string> Closing { get; init; } = Assert.Fail;

    public NodeId Self => TestCluster.IdOf(0);

    public long Process => 5;

    public void Dispose() => Broker.Dispose();

    /// <summary>This comes from another node; null: from the one that there is.</summary>
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

    /// <summary>Everything that waits is done, and what becomes durable by it.</summary>
    /// <param name="turns">Those that wait.</param>
    /// <param name="next">Takes one of them.</param>
    public void Settle(IReadOnlyCollection<IThreadPoolWorkItem> turns, Func<IThreadPoolWorkItem> next)
    {
        do
        {
            while (turns.Count > 0)
                next().Execute();
        }
        while (Broker.Storage!.CommitRound() == CommitOutcome.Committed || turns.Count > 0);
    }

    bool IPeers.IsUp(NodeId peer) => true;

    void IPeers.Close(NodeId peer, string reason) => Closing(reason);

    void IPeers.Register(ushort firstKind, IPeerUser user)
    {
    }

    bool IPeers.TrySend(NodeId peer, LinkClass linkClass, ushort kind, ReadOnlySpan<byte> body) =>
        _send(peer, kind, body);

    void IStorageWatcher.SpaceChanged(bool isExhausted, string message)
    {
    }

    void IStorageWatcher.Failed(StorageFailedException error) => Assert.Fail(error.Message);

    void IStorageWatcher.Damaged(string message) => Assert.Fail(message);
}
