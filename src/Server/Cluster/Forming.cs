using System.Threading.Channels;
using Warren.Broker;
using Warren.Cluster;
using Warren.Cluster.Identity;
using Warren.Cluster.Joining;
using Warren.Cluster.Links;
using Warren.Cluster.Peers;
using Warren.Storage.Disk;

namespace Warren.Server.Cluster;

/// <summary>
/// The first start of a blank directory whose node was told of others: links with them, founds a cluster when a
/// majority of them is blank and agrees (<see cref="Founding"/>), or joins the cluster that one of them is in. Goes on
/// until one of the two is done, and says what it waits for whenever that changes.
/// </summary>
internal sealed class Forming : IPeerUser
{
    private static readonly TimeSpan AskPatience = TimeSpan.FromSeconds(20);

    private readonly ClusterHost _host;
    private readonly IDisk _disk;
    private readonly IPeerDiscovery _discovery;
    private readonly TimeSpan _interval;
    private readonly NodeId _self;
    private readonly MembershipCalls _calls;
    private readonly PeerHub _hub;
    private readonly PeerLinks _links;
    private readonly Channel<Action> _events = Channel.CreateUnbounded<Action>();
    private readonly Dictionary<NodeName, NodeId> _linked = [];
    private readonly Founding _founding;
    private ClusterId _promised;
    private IReadOnlyList<NodeName> _names = [];
    private IReadOnlyList<NodeName> _found = [];
    private string? _refusal;
    private string _told = "";

    private Forming(ClusterHost host, IDisk disk, NodeIdentity blank, IPeerDiscovery discovery, TimeSpan interval)
    {
        _host = host;
        _disk = disk;
        _discovery = discovery;
        _interval = interval;
        _self = blank.Node;
        _promised = blank.Cluster;
        _founding = new Founding(_self, host.Name, blank.Cluster);
        _calls = new MembershipCalls(request => Task.FromResult(MembershipAnswer.Refused(
            MembershipOutcome.Later, $"{host.Name} belongs to no cluster yet itself")));
        _hub = new PeerHub(_self, host);
        _hub.Register(PeerFrameKind.FirstOfMembership, this);
        _hub.Serve(LinkPurpose.Join, _calls);
        _hub.Serve(LinkPurpose.Command, host.Commands);
        _links = host.MakeLinks(_hub, 0, new NodeIdentity(_self, ClusterId.None, 0), declines: null);
        _hub.Attach(_links);
    }

    /// <summary>
    /// Runs until the node has a cluster: the directory says which, and who else is in it, when this returns.
    /// </summary>
    /// <param name="host">Has the port.</param>
    /// <param name="disk">The data directory's, which is this call's alone.</param>
    /// <param name="blank">Who the node is; generation 0.</param>
    /// <param name="discovery">Whom it was told of.</param>
    /// <param name="interval">Between attempts.</param>
    /// <param name="stop">The node is to stop.</param>
    public static async Task RunAsync(
        ClusterHost host, IDisk disk, NodeIdentity blank, IPeerDiscovery discovery, TimeSpan interval,
        CancellationToken stop)
    {
        var forming = new Forming(host, disk, blank, discovery, interval);
        try
        {
            host.TakePort(forming._links.Start);
            await forming.RunAsync(stop).ConfigureAwait(false);
        }
        finally
        {
            host.LeavePort();
            await forming._links.RetireAsync().ConfigureAwait(false);
            host.Retire(forming._links);
        }
    }

    public void LinkUp(PeerIdentity peer) => Post(() =>
    {
        _linked[peer.Name] = peer.NodeId;
        _founding.LinkUp(peer.Name);
    });

    public void LinkDown(PeerIdentity peer, LinkEnd end) => Post(() =>
    {
        // Another one may have the name by now: with a new directory it is somebody else.
        if (_linked.GetValueOrDefault(peer.Name) != peer.NodeId)
            return;
        _linked.Remove(peer.Name);
        _founding.LinkDown(peer.Name);
    });

    public void FrameArrived(in PeerFrame frame)
    {
        NodeName from = frame.Link.Peer.Name;
        if (frame.Kind == MembershipFormat.FoundingKind
            && MembershipFormat.ReadFounding(frame.Body) is { } message)
            Post(() => _founding.Receive(from, message));
        frame.Credit.Return();
    }

    public void RoomAgain(NodeId peer, LinkClass linkClass)
    {
    }

    private void Post(Action happened) => _events.Writer.TryWrite(happened);

    private async Task RunAsync(CancellationToken stop)
    {
        Tell($"this node belongs to no cluster; it was told of others by {_discovery.Description}");
        while (true)
        {
            _refusal = null;
            await LookAsync(stop).ConfigureAwait(false);
            if (await TryJoinAsync(stop).ConfigureAwait(false))
                return;
            long asked = _host.Seams.Time.GetTimestamp();
            while (_host.Seams.Time.GetElapsedTime(asked) < _interval)
            {
                using var next = CancellationTokenSource.CreateLinkedTokenSource(stop);
                next.CancelAfter(_interval);
                try
                {
                    (await _events.Reader.ReadAsync(next.Token).ConfigureAwait(false)).Invoke();
                }
                catch (OperationCanceledException) when (!stop.IsCancellationRequested)
                {
                    break;
                }
                if (TryFound())
                    return;
            }
            if (TryFound())
                return;
            if (_refusal is not null)
                Tell(_refusal);
            else if (_names.Count > 0)
                Tell(_founding.Waiting);
        }
    }

    private async Task LookAsync(CancellationToken stop)
    {
        IReadOnlyList<NodeName> names;
        try
        {
            names = await _discovery.FindAsync().WaitAsync(stop).ConfigureAwait(false);
        }
        catch (DiscoveryException error)
        {
            _refusal = error.Message;
            return;
        }
        bool isSettled = !_discovery.MayChange || names.SequenceEqual(_found);
        _found = names;
        if (!isSettled || names.SequenceEqual(_names))
            return;
        _names = names;
        foreach (NodeName name in names)
            _links.AddPeer(_host.Locate(name));
        _founding.SetListed(names);
    }

    // What was promised is durable before anybody hears of it.
    private bool TryFound()
    {
        if (_founding.MayFound)
        {
            IdentityFile.Write(_disk, new NodeIdentity(_self, _founding.Own, Generation: 1));
            _host.Log(LogLevel.Info, LogCategory.Default, $"this node founds the cluster {_founding.Own}");
            return true;
        }
        if (_founding.Promised != _promised)
        {
            IdentityFile.Write(_disk, new NodeIdentity(_self, _founding.Promised, Generation: 0));
            _promised = _founding.Promised;
        }
        foreach ((NodeName to, FoundingMessage message) in _founding.TakeMessages())
        {
            // A class that takes no relays: what is said is said on this link, or not at all.
            if (_linked.TryGetValue(to, out NodeId peer))
            {
                _hub.TrySend(
                    peer, LinkClass.Acknowledgements, MembershipFormat.FoundingKind, MembershipFormat.Write(message));
            }
        }
        return false;
    }

    // Those that are blank link; the others may be members of a cluster.
    private async Task<bool> TryJoinAsync(CancellationToken stop)
    {
        foreach (NodeName name in _names)
        {
            if (name == _host.Name || _linked.ContainsKey(name))
                continue;
            AskedMember asked = await _host
                .AskAsync(MembershipRequestKind.Join, _calls, _links, name, _self, AskPatience)
                .WaitAsync(stop).ConfigureAwait(false);
            MembershipAnswer answer = asked.Answer;
            if (answer.Outcome == MembershipOutcome.Done)
            {
                Joined.Write(_disk, _self, answer);
                _host.Log(
                    LogLevel.Info, LogCategory.Default, $"this node joins the cluster {answer.Cluster} of {name}");
                return true;
            }
            // Each is judged, and the first is told.
            string? refusal = Judge(name, asked);
            _refusal ??= refusal;
        }
        return false;
    }

    // What an operator is told of one that does not let this node in; null: it is none that could.
    private string? Judge(NodeName name, AskedMember asked)
    {
        MembershipAnswer answer = asked.Answer;
        if (!answer.Cluster.IsNone)
        {
            _founding.MeetMember(name, answer.Cluster);
            return $"{name} does not let this node in: {answer.Reason}; it is in the cluster {answer.Cluster}, and no "
                + "other one is founded beside it";
        }
        if (asked.IsUnidentified)
        {
            _founding.MeetMember(name, ClusterId.None);
            return $"{name} does not let this node in: {answer.Reason}. It may be in a cluster, and no other one is "
                + "founded beside it";
        }
        if (asked.Met is not null)
            _founding.MeetBlank(name);
        else if (_founding.FindMember(name) is { } cluster)
        {
            string met = cluster.IsNone
                ? "which was met, and could not say which cluster it is in"
                : $"which was met in the cluster {cluster}";
            return $"{name}, {met}, is not reached now ({answer.Reason}); if it is gone for good, 'rabbitmqctl "
                + "stop_app' and 'rabbitmqctl start_app' on this node make it forget that";
        }
        return answer.Outcome == MembershipOutcome.Refused
            ? $"{name} does not let this node in: {answer.Reason}"
            : null;
    }

    private void Tell(string sentence)
    {
        _host.Waiting = sentence;
        if (sentence == _told)
            return;
        _told = sentence;
        _host.Log(LogLevel.Info, LogCategory.Default, sentence);
    }
}
