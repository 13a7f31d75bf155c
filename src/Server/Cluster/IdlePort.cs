using Warren.Broker;
using Warren.Cluster;
using Warren.Cluster.Identity;
using Warren.Cluster.Joining;
using Warren.Cluster.Links;
using Warren.Cluster.Peers;
using Warren.Storage.Disk;

namespace Warren.Server.Cluster;

/// <summary>
/// Who answers at the peer port while the broker does not run: commands are served, whoever wants more is sent away,
/// and told which cluster the directory is of, or that this cannot be said, so that blank nodes found none beside it.
/// The links are made for the first who asks, and give way to those of a broker that starts.
/// </summary>
/// <param name="host">The node among others.</param>
/// <param name="directory">Its data directory.</param>
internal sealed class IdlePort(ClusterHost host, string directory)
{
    private static readonly NodeIdentity Blank = new(NodeId.None, ClusterId.None, 0);

    private readonly Lock _lock = new();
    private PeerLinks? _links;
    private NodeIdentity _identity = Blank;
    private string? _whyUnidentified;
    private bool _isTaken;
    private bool _isClosed;

    /// <summary>Somebody dials, and nobody listens.</summary>
    public void Serve()
    {
        lock (_lock)
        {
            if (_isClosed || _isTaken || _links is not null)
                return;
            // Under the lock: a change of the directory that is not in it finds the links, and tells them.
            Look();
            _links = Listen();
        }
    }

    /// <summary>Other links listen from now on, and are not to lose the port: these end.</summary>
    public void GiveWay(Action listen)
    {
        PeerLinks? links;
        lock (_lock)
        {
            _isTaken = true;
            links = _links;
            _links = null;
        }
        // First, so that there is no moment at which nobody does.
        listen();
        if (links is not null)
            host.Retire(links);
    }

    /// <summary>Nobody else listens any more.</summary>
    public void Take()
    {
        lock (_lock)
            _isTaken = false;
    }

    /// <summary>The directory may be another one, or of another cluster.</summary>
    public void LookAgain()
    {
        PeerLinks? before = null;
        lock (_lock)
        {
            if (_links is not { } links)
                return;
            string? said = _whyUnidentified;
            Look();
            if (said == _whyUnidentified)
            {
                links.Self = links.Self with { ClusterId = _identity.Cluster.Value, Generation = _identity.Generation };
            }
            else
            {
                // Others: a handshake that has begun must not say half of what was and half of what is.
                before = links;
                _links = Listen();
            }
        }
        if (before is not null)
            host.Retire(before);
    }

    /// <summary>For good.</summary>
    public async Task CloseAsync()
    {
        PeerLinks? links;
        lock (_lock)
        {
            _isClosed = true;
            links = _links;
            _links = null;
        }
        if (links is not null)
            await links.DisposeAsync().ConfigureAwait(false);
    }

    private PeerLinks Listen()
    {
        var hub = new PeerHub(NodeId.None, host);
        hub.Serve(LinkPurpose.Command, host.Commands);
        Refusal declines = _whyUnidentified is { } why
            ? new Refusal(
                RefusalCode.Unidentified,
                $"the broker of {host.Name} does not run, and which cluster it is in cannot be said: {why}")
            : new Refusal(
                RefusalCode.Stopping,
                $"the broker of {host.Name} does not run: it is starting, or start_app starts it");
        PeerLinks links = host.MakeLinks(hub, 0, _identity, declines);
        hub.Attach(links);
        links.Start();
        return links;
    }

    // Nobody's own: a node that does not run is nobody's peer. One that only waits for a founder is of no cluster yet.
    // What cannot be read stays what it was known to be.
    private void Look()
    {
        _whyUnidentified = null;
        var place = new NodeDirectory(directory);
        if (!place.Exists)
        {
            _identity = Blank;
            return;
        }
        try
        {
            IDisk disk = host.Seams.OpenDisk(directory);
            if (IdentityFile.Read(disk) is not { } own)
            {
                // Of before there were identities, or it was lost.
                _identity = place.HasLog ? _identity : Blank;
                _whyUnidentified = place.HasLog
                    ? $"it has a log and no file \"{IdentityFile.Path}\"; its start says what is wrong"
                    : null;
                return;
            }
            // A forced start may still be held up by who is there, whom its generation must not overrule before.
            _identity = own.Generation == 0 ? Blank : Blank with
            {
                Cluster = own.Cluster,
                Generation = ForcedBootFile.Read(disk) is null ? own.Generation : 0,
            };
        }
        catch (Exception error) when (error is IdentityException or DiskException)
        {
            // The start says what is wrong with it.
            _whyUnidentified = error.Message;
        }
    }
}
