using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using Warren.Broker;
using Warren.Cluster;
using Warren.Cluster.Identity;
using Warren.Cluster.Incidents;
using Warren.Cluster.Joining;
using Warren.Cluster.Links;
using Warren.Cluster.Peers;
using Warren.Cluster.Turns;
using Warren.Server.Configuration;
using Warren.Storage.Disk;
using NodeLog = Warren.Server.Logging.NodeLog;

namespace Warren.Server.Cluster;

/// <summary>
/// The node among others, as long as its process lives: cookie, peer port, entry in the machine's registry, whom it
/// keeps links with. While the broker runs a <see cref="ClusterMember"/> has the links; while it is stopped only
/// commands are served. The port stays bound through all of that. A node that has no cookie and cannot make one, or a
/// name that no peer could use, runs alone: it says so, and opens no port.
/// </summary>
public sealed class ClusterHost : IPeerHost, IAsyncDisposable
{
    /// <summary>What differs by more is told: certificates, time-outs of operators and log lines go by it.</summary>
    public static readonly TimeSpan NotableClockDifference = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Between heartbeats, however patient the node is: dials and the ends of links go by the same tick.
    /// </summary>
    private static readonly TimeSpan LongestInterval = TimeSpan.FromSeconds(1);

    private readonly NodeOptions _options;
    private readonly NodeName _name;
    private readonly byte[] _cookie;
    private readonly LocalRegistry _registry;
    private readonly PeerBook _book;
    private readonly PeerTls? _tls;
    private readonly StandingPeerNetwork? _network;
    private readonly ConcurrentDictionary<NodeName, KnownPeer> _known = new();
    private readonly ConcurrentDictionary<PeerLinks, bool> _retired = new();
    private readonly IdlePort _idle;
    private readonly Overruling _overruling;
    private readonly TickThread _ticks = new(Schedule);
    private ClusterMember? _member;

    private ClusterHost(NodeOptions options, NodeSeams seams, NodeLog log, RemoteCommands commands)
    {
        _options = options;
        Seams = seams;
        Log = log.Write;
        Commands = commands;
        Warnings = new LinkWarnings(seams.Time, seams.Incidents);
        _registry = new LocalRegistry(options.Peers.RunDirectories);
        _cookie = ErlangCookie.Prepare(options.Places.CookieFile, out string? problem);
        if (!NodeName.TryParse(options.Places.NodeName, out _name))
            problem ??= $"no node can be found by the name {options.Places.NodeName}";
        _book = new PeerBook(_name, options.Peers, _registry);
        Guest = new GuestLinks(this, _book);
        _idle = new IdlePort(this, options.Places.DataDirectory);
        _overruling = new Overruling(this, options.Places.DataDirectory);
        if (problem is not null)
        {
            WhyAlone = problem;
            Log(
                LogLevel.Warning, LogCategory.Default,
                $"this node runs alone, without a peer port: {problem}. It cannot join a cluster, and commands of "
                + "other hosts do not reach it; a HOME that the node may write to, or a cookie there, mends it");
            return;
        }
        if (options.Peers.Tls is { } tls)
            _tls = PeerTlsFiles.Read(tls);
        _network = PeerPort.Open(
            options.Peers, seams.Time, message => Log(LogLevel.Warning, LogCategory.Default, message),
            ServeCommandsOnly);
        if (_registry.Enter(_name, options.Peers.Interface, Port) is { } warning)
            Log(LogLevel.Warning, LogCategory.Default, warning);
        Log(
            LogLevel.Info, LogCategory.Default,
            $"started {(_tls is null ? "TCP" : "TLS (SSL)")} listener for peers and commands of other hosts on "
            + $"{_network.Address}");
    }

    /// <summary>Why the node has no peer port; null: it has one.</summary>
    public string? WhyAlone { get; }

    /// <summary>Of the cookie, as RabbitMQ's tools show it, so that two can be compared without being told.</summary>
    public string CookieHash => Warren.Cluster.Links.CookieHash.Of(_cookie);

    /// <summary>Where it listens; null: nowhere.</summary>
    public PeerAddress? Address => _network?.Address;

    /// <summary>What membership has to say of a node that wants a link; null: nothing against it.</summary>
    public Func<PeerIdentity, LinkPurpose, Refusal?>? JudgeMember { get; set; }

    /// <summary>The links' owner while the broker runs; null: it does not.</summary>
    public ClusterMember? Member => Volatile.Read(ref _member);

    public LocalState State => new(0, Member?.DurableLsn ?? 0, Member?.SyncAge ?? TimeSpan.Zero);

    /// <summary>What this node says of itself to others, as JSON of at most 64 KiB; null: nothing.</summary>
    internal Func<byte[]>? Describe { get; set; }

    /// <summary>
    /// The running node has met a later generation of its cluster, which its directory says now: it must serve nobody.
    /// </summary>
    internal Action? Overruled { get; set; }

    /// <summary>Refusals of links that an operator should see, the newest of each node last.</summary>
    internal LinkWarnings Warnings { get; }

    /// <summary>Meets members while the broker is stopped.</summary>
    internal GuestLinks Guest { get; }

    /// <summary>What it is called.</summary>
    internal NodeName Name => _name;

    internal NodeSeams Seams { get; }

    /// <summary>Whose timers drive links and groups. Its clock is the machine's.</summary>
    internal TimeProvider Ticks => _ticks;

    /// <summary>As <see cref="Ticks"/>, for what may wait.</summary>
    internal TimeProvider SlowTicks => _ticks.Elsewhere;

    internal LogSink Log { get; }

    internal RemoteCommands Commands { get; }

    private int Port => _network!.Address.Port;

    /// <summary>Reads the cookie, binds the peer port, enters the registry.</summary>
    /// <exception cref="ConfigurationException">Something cannot be used; the message says what and why.</exception>
    public static ClusterHost Open(NodeOptions options, NodeSeams seams, NodeLog log, RemoteCommands commands) =>
        new(options, seams, log, commands);

    /// <summary>Keeps a link with a node from now on, also after the broker was stopped and started.</summary>
    /// <param name="name">What it is called; where it is follows from that.</param>
    /// <param name="id">Who it is; none: whoever has the name.</param>
    public void AddPeer(NodeName name, NodeId id = default)
    {
        if (name == _name)
            return;
        var known = new KnownPeer { Name = name, Id = id, Address = _book.Find(name) };
        _known[name] = known;
        Member?.AddPeer(known);
    }

    /// <summary>Ends the link with a node and dials it no more.</summary>
    public void RemovePeer(NodeName name, string reason)
    {
        _known.TryRemove(name, out _);
        Member?.Links?.RemovePeer(name, reason);
    }

    /// <summary>What the node waits for before it serves; null: nothing.</summary>
    public string? Waiting { get; internal set; }

    /// <summary>What the start waits for that only an operator can do; null: nothing.</summary>
    internal string? AwaitsOperator { get; private set; }

    /// <summary>Where it is, for a link of its own.</summary>
    internal KnownPeer Locate(NodeName name) => new() { Name = name, Address = _book.Find(name) };

    /// <summary>This node as others are to know it.</summary>
    internal MemberRecord Record(NodeId self) => new(self, _name, new PeerAddress(_name.Host, Port));

    /// <summary>Asks a member to let this node in, or out.</summary>
    internal Task<AskedMember> AskAsync(
        MembershipRequestKind kind, MembershipCalls calls, PeerLinks links, NodeName member, NodeId self,
        TimeSpan patience) =>
        calls.AskAsync(links, member, _book.Find(member), new MembershipRequest(kind, Record(self)), patience);

    /// <summary>
    /// A blank directory gets an identity: at once, or when the node has founded or joined a cluster with those that it
    /// was told of.
    /// </summary>
    /// <exception cref="ConfigurationException">The directory says of itself what cannot be used.</exception>
    /// <exception cref="OperationCanceledException">The node is to stop.</exception>
    internal async Task PrepareAsync(CancellationToken stop)
    {
        FinishReplacement();
        FinishRemoval();
        if (_network is not null)
            await _overruling.LookAroundAsync().ConfigureAwait(false);
        if (ReadOverruled() is { } sentence)
            await WaitForOperatorAsync(sentence, () => _overruling.WaitAsync(stop)).ConfigureAwait(false);
        if (_options.Discovery is not { } discovery)
            return;
        string directory = _options.Places.DataDirectory;
        if (_network is null)
        {
            // What it has been alone with it goes on with; a blank one would found a cluster beside the others'.
            if (new NodeDirectory(directory).HasLog)
                return;
            throw new ConfigurationException(
                $"this node is to form a cluster with others by cluster_formation, and cannot reach any: {WhyAlone}");
        }
        try
        {
            using DirectoryLock held = DirectoryLock.Take(directory);
            IDisk disk = Seams.OpenDisk(directory);
            NodeIdentity? identity = IdentityFile.Read(disk);
            // One that has a log is from before there were identities: it has a cluster of its own.
            if (identity is { Generation: > 0 } || new NodeDirectory(directory).HasLog)
                return;
            if (identity is null)
            {
                identity = new NodeIdentity(new NodeId(Guid.NewGuid()), ClusterId.None, Generation: 0);
                IdentityFile.Write(disk, identity);
            }
            await Forming.RunAsync(
                    this, disk, identity, PeerDiscovery.Of(discovery, _name), discovery.RetryInterval, stop)
                .ConfigureAwait(false);
        }
        catch (Exception error) when (error is IdentityException or DiskException)
        {
            throw new ConfigurationException($"data directory {directory}: {error.Message}", error);
        }
        finally
        {
            Waiting = null;
        }
    }

    /// <summary>
    /// Why the directory serves nobody any more, and what to do; null: the node has not met a later generation.
    /// </summary>
    /// <exception cref="ConfigurationException">The directory cannot be used.</exception>
    internal string? ReadOverruled() => _overruling.Read();

    /// <summary>Somebody has changed the directory while the broker is stopped.</summary>
    internal void DirectoryChanged() => _idle.LookAgain();

    // A node that had joined when it was cut off would begin as a blank one.
    private void FinishReplacement()
    {
        try
        {
            new NodeDirectory(_options.Places.DataDirectory).FinishReplacement();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException(
                $"data directory {_options.Places.DataDirectory}: join_cluster was cut off, and cannot be finished: "
                + error.Message);
        }
    }

    // It is in nobody's way, whatever its disk says.
    private void FinishRemoval()
    {
        try
        {
            new NodeDirectory(_options.Places.DataDirectory).FinishRemoval();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Log(
                LogLevel.Warning, LogCategory.Default,
                $"what was left of this node before its last reset cannot be removed: {error.Message}");
        }
    }

    /// <summary>The start waits for an operator to do something; whatever changes the directory ends it.</summary>
    /// <param name="why">What it is, with what to do.</param>
    /// <param name="until">Ends when it goes on, or throws when it is given up.</param>
    internal async Task WaitForOperatorAsync(string why, Func<Task> until)
    {
        Log(LogLevel.Error, LogCategory.Default, why);
        Seams.Incidents(new Incident(IncidentKind.RefusedDirectory, _name.Value, why));
        Waiting = AwaitsOperator = why;
        try
        {
            await until().ConfigureAwait(false);
        }
        finally
        {
            Waiting = AwaitsOperator = null;
        }
    }

    // Known to every later start before anybody else hears of it.
    private void Overrule(PeerIdentity by)
    {
        if (Member is { } member && Overruling.IsLater(by, member.Identity)
            && _overruling.Meet(member.Identity, by))
            Overruled?.Invoke();
    }

    /// <summary>What the data directory says of itself; nothing of it is kept open.</summary>
    /// <exception cref="ConfigurationException">It cannot be used.</exception>
    internal (NodeIdentity? Identity, ImmutableArray<MemberRecord> Members) ReadDirectory()
    {
        string directory = _options.Places.DataDirectory;
        if (!new NodeDirectory(directory).Exists)
            return (null, []);
        try
        {
            using DirectoryLock held = DirectoryLock.Take(directory);
            IDisk disk = Seams.OpenDisk(directory);
            NodeIdentity? identity = IdentityFile.Read(disk);
            return (identity, MembersFile.Read(disk, identity));
        }
        catch (Exception error) when (error is IdentityException or DiskException)
        {
            throw new ConfigurationException($"data directory {directory}: {error.Message}", error);
        }
    }

    /// <summary>Keeps links with these nodes from now on.</summary>
    internal void AddPeers(ImmutableArray<MemberRecord> members)
    {
        foreach (MemberRecord member in members)
        {
            _book.Tell(member.Name, member.Address);
            if (!_known.TryGetValue(member.Name, out KnownPeer? known) || known.Id != member.Id)
                AddPeer(member.Name, member.Id);
        }
    }

    /// <summary>Keeps links with these nodes from now on, and with no others.</summary>
    internal void SetPeers(ImmutableArray<MemberRecord> members)
    {
        AddPeers(members);
        foreach (NodeName name in _known.Keys)
        {
            if (!members.Any(member => member.Name == name))
                RemovePeer(name, "it was removed from the cluster");
        }
    }

    /// <summary>How things stand with each other node; nothing while the broker is stopped.</summary>
    public IReadOnlyList<PeerStatus> Status() => Member?.Links?.Status() ?? [];

    /// <summary>Pairs of nodes without a link, as far as this node knows.</summary>
    public IReadOnlyList<(NodeName One, NodeName Other)> UnreachablePairs() =>
        Member?.Links?.UnreachablePairs() ?? [];

    /// <summary>
    /// The node's part in its cluster, for a broker that is about to start on this disk; null: it runs alone.
    /// </summary>
    /// <exception cref="ConfigurationException">The directory says of itself what cannot be used.</exception>
    internal ClusterMember? Join(IDisk disk)
    {
        try
        {
            if (_network is not null)
                return new ClusterMember(this, NodeIdentityStart.Find(disk), disk);
            if (IdentityFile.Read(disk) is null)
                return null;
            throw new ConfigurationException(
                $"data directory {_options.Places.DataDirectory} has an identity in a cluster, and this node cannot "
                + $"run as one: {WhyAlone}");
        }
        catch (Exception error) when (error is IdentityException
            || (error is DiskException && disk.List("").Contains(IdentityFile.Path)))
        {
            throw new ConfigurationException($"data directory {_options.Places.DataDirectory}: {error.Message}", error);
        }
        catch (DiskException error)
        {
            // A full disk must not keep a node of an earlier version down: consumers make room, the next start has it.
            Log(
                LogLevel.Warning, LogCategory.Default,
                $"this node runs alone until its next start, since its identity could not be written: {error.Message}");
            return null;
        }
    }

    public Refusal? Judge(PeerIdentity peer, LinkPurpose purpose) => JudgeMember?.Invoke(peer, purpose);

    public void LinkUp(PeerIdentity peer)
    {
        Member?.Changed();
        Log(LogLevel.Info, LogCategory.Default, $"node {peer.Name} is up (boot {peer.Boot}, id {peer.NodeId})");
        PeerStatus? status = Status().FirstOrDefault(one => one.Id == peer.NodeId);
        if (status?.ClockAhead is { } ahead && ahead.Duration() >= NotableClockDifference)
        {
            Log(
                LogLevel.Warning, LogCategory.Default,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"the clock of {peer.Name} is {ahead.Duration().TotalSeconds:0.0} s ")
                + $"{(ahead > TimeSpan.Zero ? "ahead of" : "behind")} this machine's: set both by NTP");
        }
    }

    public void LinkDown(PeerIdentity peer, string reason)
    {
        Member?.Changed();
        bool isMeant = reason.EndsWith("the node stops", StringComparison.Ordinal);
        Log(
            isMeant ? LogLevel.Info : LogLevel.Warning, LogCategory.Default,
            $"node {peer.Name} is down: {reason}");
    }

    public void Refused(string who, Refusal refusal)
    {
        if (Warnings.Note(who, refusal))
            Log(LogLevel.Warning, LogCategory.Default, $"no link with {who}: {refusal.Sentence}");
    }

    public async ValueTask DisposeAsync()
    {
        _network?.Dispose();
        _registry.Dispose();
        await _idle.CloseAsync().ConfigureAwait(false);
        foreach (PeerLinks links in _retired.Keys)
            await links.DisposeAsync().ConfigureAwait(false);
        _ticks.Dispose();
    }

    internal static void Schedule(IThreadPoolWorkItem work) =>
        ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: false);

    internal IEnumerable<KnownPeer> KnownPeers() => _known.Values;

    internal PeerLinks MakeLinks(
        PeerHub hub, long boot, NodeIdentity identity, Refusal? declines, bool listens = true) => new(
        new PeerLinksSetup
        {
            Self = new PeerIdentity
            {
                Name = _name,
                NodeId = identity.Node,
                ClusterId = identity.Cluster.Value,
                Generation = identity.Generation,
                Boot = boot,
                // Not the process's: a directory may be put back from a copy between two starts of the broker.
                Process = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long))) | 1,
            },
            Cookie = _cookie,
            ListenAddress = listens ? _network!.Address : null,
            Options = new LinkOptions
            {
                SilenceTimeout = _options.Peers.SilenceTimeout,
                HeartbeatInterval = _options.Peers.SilenceTimeout / 5 < LongestInterval ? null : LongestInterval,
            },
            Tls = _tls,
            Network = new DialingNetwork(_network!),
            Owner = hub,
            Locate = name => _book.Find(name),
            Declines = declines,
            Overruled = Overrule,
            Time = Seams.Time,
            Ticks = Ticks,
            Random = new Random(RandomNumberGenerator.GetInt32(int.MaxValue)),
            Schedule = _ticks.Schedule,
        });

    internal void Begins(ClusterMember member, Action listen)
    {
        Volatile.Write(ref _member, member);
        TakePort(listen);
    }

    internal void Ends(ClusterMember member)
    {
        if (Interlocked.CompareExchange(ref _member, null, member) == member)
            LeavePort();
    }

    /// <summary>Other links than those for commands only listen from now on.</summary>
    internal void TakePort(Action listen) => _idle.GiveWay(listen);

    /// <summary>They do not any more.</summary>
    internal void LeavePort() => _idle.Take();

    /// <summary>Links that end with the last command that they serve.</summary>
    internal void Retire(PeerLinks links)
    {
        _retired[links] = true;
        _ = EndAsync(links);
    }

    private async Task EndAsync(PeerLinks links)
    {
        await links.RetireAsync().ConfigureAwait(false);
        await links.IdleAsync().ConfigureAwait(false);
        await links.DisposeAsync().ConfigureAwait(false);
        _retired.TryRemove(links, out _);
    }

    // While the broker does not run.
    private void ServeCommandsOnly()
    {
        // So early that the port has just been bound.
        if (_network is not null)
            _idle.Serve();
    }

    /// <summary>Whom the configuration names as the nodes of the cluster; nobody, if it names none.</summary>
    /// <exception cref="DiscoveryException">It cannot be found out now.</exception>
    internal async Task<IReadOnlyList<NodeName>> DiscoverAsync() => _options.Discovery is { } discovery
        ? await PeerDiscovery.Of(discovery, _name).FindAsync().ConfigureAwait(false)
        : [];
}
