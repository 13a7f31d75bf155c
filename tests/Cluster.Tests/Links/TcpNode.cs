using System.Collections.Concurrent;
using Warren.Cluster.Links;
using Warren.Wire;

namespace Warren.Cluster.Tests.Links;

/// <summary>A node on real sockets; what it gets of each class are numbers that rise by one.</summary>
internal sealed class TcpNode : IPeerOwner, IAsyncDisposable
{
    private volatile PeerLink? _link;

    /// <summary>It listens at a port of its own, and knows nobody.</summary>
    public TcpNode(string name, string address, PeerTls? tls = null)
    {
        Identity = SimulatedWorld.Identity(name);
        Links = new PeerLinks(new PeerLinksSetup
        {
            Self = Identity,
            Cookie = WireClient.Bytes("COOKIE"),
            ListenAddress = new PeerAddress(address, 0),
            // A busy machine must not look like a silent peer.
            Options = new LinkOptions { SilenceTimeout = TimeSpan.FromSeconds(30) },
            Tls = tls,
            Network = new TcpPeerNetwork(TimeProvider.System, _ => { }),
            Owner = this,
            Time = TimeProvider.System,
            Random = new Random(1),
            Schedule = turn => ThreadPool.UnsafeQueueUserWorkItem(turn, preferLocal: false),
        });
        Links.Start();
    }

    public PeerIdentity Identity { get; }

    public PeerLinks Links { get; }

    public PeerLink? Link => _link;

    public int Ups { get; private set; }

    public int[] NextNumbers { get; } = new int[(int)LinkClass.Bulk + 1];

    public bool IsOutOfOrder { get; private set; }

    public ConcurrentQueue<Refusal> Refusals { get; } = [];

    public LocalState State => default;

    public ValueTask DisposeAsync() => Links.DisposeAsync();

    public Refusal? Judge(PeerIdentity peer, LinkPurpose purpose) => null;

    public void LinkUp(PeerLink link)
    {
        Ups++;
        _link = link;
    }

    /// <summary>How its last link ended.</summary>
    public LinkEnd? LastEnd { get; private set; }

    public void LinkDown(PeerLink link, string reason)
    {
        LastEnd = link.End;
        _link = null;
    }

    public void FrameArrived(in PeerFrame frame)
    {
        ref int next = ref NextNumbers[(int)frame.Class];
        IsOutOfOrder |= BitConverter.ToInt32(frame.Body) != next;
        Volatile.Write(ref next, next + 1);
        frame.Credit.Return();
    }

    public void HeartbeatArrived(PeerLink link, PeerHeartbeat heartbeat)
    {
    }

    public void RoomAgain(PeerLink link, LinkClass linkClass)
    {
    }

    public void Refused(string who, Refusal refusal) => Refusals.Enqueue(refusal);
}
