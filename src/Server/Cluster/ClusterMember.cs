using Warren.Broker;
using Warren.Cluster;
using Warren.Cluster.Consensus;
using Warren.Cluster.Groups;
using Warren.Cluster.Identity;
using Warren.Cluster.Links;
using Warren.Cluster.Peers;
using Warren.Storage.Disk;

namespace Warren.Server.Cluster;

/// <summary>
/// The node's part in its cluster while its broker runs: who it is, its links, what goes over them. Made before the
/// broker, whose parts register with <see cref="Peers"/> and <see cref="Groups"/>; the links begin when the broker has
/// its log. Ends before the log does.
/// </summary>
public sealed class ClusterMember : IAsyncDisposable
{
    private readonly ClusterHost _host;
    private readonly PeerHub _hub;
    private readonly GroupTransport _groups;
    private readonly SeenPeers _seen;
    private Func<long> _durableLsn = static () => 0;
    private Func<TimeSpan> _syncAge = static () => TimeSpan.Zero;
    private readonly NodeIdentity _identity;
    private PeerLinks? _links;

    internal ClusterMember(ClusterHost host, NodeIdentity identity, IDisk disk)
    {
        _host = host;
        _identity = identity;
        _seen = new SeenPeers(disk, Status, host.SlowTicks, host.Log);
        _hub = new PeerHub(identity.Node, host);
        _hub.Serve(LinkPurpose.Command, host.Commands);
        _groups = new GroupTransport(
            _hub, new RaftOptions(), new GroupTransportOptions(), host.Ticks, ClusterHost.Schedule);
    }

    /// <summary>The way to the other nodes.</summary>
    public IPeers Peers => _hub;

    /// <summary>The way of groups to their members.</summary>
    public IGroupTransport Groups => _groups;

    /// <summary>Who this node is, and where it belongs.</summary>
    public NodeIdentity Identity => _identity;

    /// <summary>What the log has, for heartbeats.</summary>
    internal long DurableLsn => _durableLsn();

    /// <summary>How long its oldest unfinished sync has been under way, for heartbeats.</summary>
    internal TimeSpan SyncAge => _syncAge();

    /// <summary>The links; null: they have not begun.</summary>
    internal PeerLinks? Links => Volatile.Read(ref _links);

    internal PeerHub Hub => _hub;

    /// <summary>The broker has its log: the node can be met from now on.</summary>
    /// <param name="boot">Which start of the data directory this is.</param>
    /// <param name="durableLsn">Asked at each heartbeat.</param>
    /// <param name="syncAge">As well.</param>
    public void Start(long boot, Func<long> durableLsn, Func<TimeSpan> syncAge)
    {
        _durableLsn = durableLsn;
        _syncAge = syncAge;
        PeerLinks links = _host.MakeLinks(_hub, boot, Identity, declines: null);
        _hub.Attach(links);
        Volatile.Write(ref _links, links);
        foreach (KnownPeer known in _host.KnownPeers())
            links.AddPeer(known with { Seen = _seen.Find(known.Id) });
        _groups.Start();
        _host.Begins(this, links.Start);
    }

    /// <summary>What the broker needs to be one of several.</summary>
    /// <param name="waits">It waits for a leader that adds it; else it begins a cluster if it has none.</param>
    /// <param name="beginsAlone">See <see cref="ClusterSetup.BeginsAlone"/>.</param>
    /// <param name="acceptsLoss">See <see cref="ClusterSetup.AcceptsLoss"/>.</param>
    internal ClusterSetup Setup(bool waits, bool beginsAlone, Func<bool> acceptsLoss) => new()
    {
        BeginsAlone = beginsAlone,
        AcceptsLoss = acceptsLoss,
        Self = Identity.Node,
        Name = _host.Name,
        Address = _host.Record(Identity.Node).Address.ToString(),
        Peers = Peers,
        Transport = Groups,
        Ticks = _host.SlowTicks,
        Founders = waits ? [] : [Identity.Node],
    };

    /// <summary>The start has failed before the links began.</summary>
    internal void Abandon()
    {
        _groups.Dispose();
        _seen.Dispose();
    }

    internal void AddPeer(KnownPeer known) => Links?.AddPeer(known with { Seen = _seen.Find(known.Id) });

    internal void Changed() => _seen.Changed();

    /// <summary>
    /// Tells the other nodes that this one stops and ends the links with them; commands that are served are served to
    /// their end.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        _groups.Dispose();
        if (Links is { } links)
        {
            // Until then handshakes say how far the log is.
            await links.RetireAsync().ConfigureAwait(false);
            _host.Ends(this);
            _host.Retire(links);
        }
        _seen.Dispose();
        _durableLsn = static () => 0;
        _syncAge = static () => TimeSpan.Zero;
    }

    private IReadOnlyList<PeerStatus> Status() => Links?.Status() ?? [];
}
