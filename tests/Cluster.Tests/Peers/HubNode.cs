using System.Collections.Concurrent;
using Warren.Cluster.Links;
using Warren.Cluster.Peers;
using Warren.Cluster.Tests.Links;
using Warren.Wire;

namespace Warren.Cluster.Tests.Peers;

/// <summary>A node with a hub on real sockets.</summary>
internal sealed class HubNode : IPeerHost, IAsyncDisposable
{
    // A busy machine must not look like a silent peer.
    private static readonly LinkOptions Patient = new()
    {
        SilenceTimeout = TimeSpan.FromSeconds(30),
        HeartbeatInterval = TimeSpan.FromMilliseconds(50),
    };

    private readonly PeerIdentity _identity;
    private readonly PeerAddress _address;
    private readonly string _cookie;

    public HubNode(string name, string address, string cookie = "COOKIE", long boot = 5)
    {
        _identity = SimulatedWorld.Identity(name, boot: boot);
        _address = new PeerAddress(address, 0);
        _cookie = cookie;
        Hub = new PeerHub(_identity.NodeId, this);
    }

    public PeerHub Hub { get; }

    public PeerLinks Links { get; private set; } = null!;

    public NodeId Id => _identity.NodeId;

    public LocalState State { get; set; }

    public ConcurrentQueue<string> Told { get; } = [];

    public ConcurrentQueue<Refusal> Refusals { get; } = [];

    public KnownPeer Known => new() { Name = _identity.Name, Id = Id, Address = Links.Address!.Value };

    public HubNode Start()
    {
        Links = new PeerLinks(new PeerLinksSetup
        {
            Self = _identity,
            Cookie = WireClient.Bytes(_cookie),
            ListenAddress = _address,
            Options = Patient,
            Network = new TcpPeerNetwork(TimeProvider.System, _ => { }),
            Owner = Hub,
            Time = TimeProvider.System,
            Random = new Random(1),
            Schedule = turn => ThreadPool.UnsafeQueueUserWorkItem(turn, preferLocal: false),
        });
        Hub.Attach(Links);
        Links.Start();
        return this;
    }

    public Refusal? Judge(PeerIdentity peer, LinkPurpose purpose) => null;

    public void LinkUp(PeerIdentity peer) => Told.Enqueue($"host up {peer.Name.Host}");

    public void LinkDown(PeerIdentity peer, string reason) => Told.Enqueue($"host down {peer.Name.Host}");

    public void Refused(string who, Refusal refusal) => Refusals.Enqueue(refusal);

    public async ValueTask DisposeAsync()
    {
        if (Links is not null)
            await Links.DisposeAsync();
    }
}
