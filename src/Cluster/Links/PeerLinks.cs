namespace Warren.Cluster.Links;

/// <summary>
/// All links of a node. Listens, dials whom it knows, keeps one link with each, ends those whose other side is silent,
/// and finds a way around a missing one for frames that must arrive. One tick drives everything that time has a say in;
/// each connection has a task that brings it through the handshake and runs its link to the end, so that the owner
/// hears of one peer's links one after another. The lock guards tables; the owner is never called under it.
/// </summary>
public sealed class PeerLinks : IAsyncDisposable
{
    private readonly PeerLinksSetup _setup;
    private readonly LinkOptions _options;
    private readonly TimeProvider _time;
    private readonly IPeerOwner _owner;
    private readonly Lock _lock = new();
    private readonly RelayStreams _streams = new();
    private readonly PeerTable _peers;
    private readonly RelayStation _relays;
    private readonly HandshakeRunner _handshakes;
    private readonly HashSet<LinkAttempt> _attempts = [];
    private readonly StallWatch _stall;
    private readonly RefusalReports _reports;
    private PeerIdentity _self;
    private IPeerListener? _listener;
    private ITimer? _timer;
    private int _isTicking;
    private bool _isStopping;

    public PeerLinks(PeerLinksSetup setup)
    {
        setup.Options.Check();
        _setup = setup;
        _options = setup.Options;
        _time = setup.Time;
        _owner = setup.Owner;
        _self = setup.Self;
        _peers = new PeerTable(setup, _streams);
        _relays = new RelayStation(setup, _peers);
        _handshakes = new HandshakeRunner(setup);
        _reports = new RefusalReports(setup.Owner);
        // Two ticks and a half: later than a busy machine makes it, before a peer would be taken for silent.
        _stall = new StallWatch(_time, _options.SilenceTimeout / 2);
    }

    /// <summary>Where it listens; null: nowhere.</summary>
    public PeerAddress? Address => _listener?.Address;

    /// <summary>Who this node says it is. A new cluster or generation counts for the handshakes from now on.</summary>
    public PeerIdentity Self
    {
        get => Volatile.Read(ref _self);
        set => Volatile.Write(ref _self, value);
    }

    /// <summary>Listens and begins to dial.</summary>
    /// <exception cref="IOException">The address to listen on is in use or not this machine's.</exception>
    public void Start()
    {
        if (_setup.ListenAddress is { } address)
            _listener = _setup.Network.Listen(address, Accept);
        _timer = (_setup.Ticks ?? _time).CreateTimer(_ => Tick(), null, TimeSpan.Zero, _options.TickInterval);
    }

    /// <summary>Keeps a link with this node from now on. A node of the same name is forgotten.</summary>
    public void AddPeer(KnownPeer known)
    {
        if (known.Name == Self.Name)
            return;
        lock (_lock)
            _peers.Add(known)?.Link?.Close($"{known.Name} is another node now");
    }

    /// <summary>Dials this node no more and ends its link.</summary>
    public void RemovePeer(NodeName name, string reason)
    {
        Peer? removed;
        lock (_lock)
            removed = _peers.Remove(name);
        removed?.Link?.Close(reason);
    }

    /// <summary>The link that is up with this node; null: none.</summary>
    public PeerLink? FindLink(NodeId peer) => _peers.Find(peer)?.Link;

    /// <summary>
    /// Sends a frame of class Control by the link, or while there is none by a member that reaches both. Frames arrive
    /// in order and none twice, whatever way they take; at a change of the way the last ones may be lost. False if
    /// there is no way now or its queue is full.
    /// </summary>
    /// <param name="peer">Who gets it.</param>
    /// <param name="kind">Below 0xFF00.</param>
    /// <param name="body">At most <see cref="PeerLink.MostBodyBytes"/>.</param>
    public bool TrySendControl(NodeId peer, ushort kind, ReadOnlySpan<byte> body)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(body.Length, LinkFrame.MostBodyBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(kind, LinkKind.FirstReserved);
        if (_peers.Find(peer) is not { } known)
            return false;
        if (known.Link is { } link)
            return link.TrySend(LinkClass.Control, kind, body);
        return known.Outgoing.TrySend(_peers.RelaysTo(peer), kind, body);
    }

    /// <summary>Whom it knows: peers are looked up there on any thread.</summary>
    internal PeerTable Peers => _peers;

    /// <summary>Asks a node for a link that is none between members; it ends when it is closed.</summary>
    public async Task<VisitOutcome> VisitAsync(PeerAddress address, LinkPurpose purpose)
    {
        ArgumentOutOfRangeException.ThrowIfEqual((byte)purpose, (byte)LinkPurpose.Peer);
        if (TryBegin() is not { } attempt)
            return new VisitOutcome(null, new Refusal(RefusalCode.Stopping, "this node stops"));
        HandshakeOutcome outcome = await _handshakes.DialAsync(
            attempt, address, purpose, Introduction(), (peer, _) => JudgeVisit(peer, purpose)).ConfigureAwait(false);
        if (outcome.Result is not { } result)
        {
            End(attempt);
            return new VisitOutcome(null, outcome.Refusal, outcome.Peer);
        }
        PeerLink link = MakeLink(attempt, result, null);
        attempt.Link = link;
        _owner.LinkUp(link);
        _ = RunVisitorAsync(attempt, link);
        return new VisitOutcome(link, null);
    }

    /// <summary>Everybody known, by name.</summary>
    public IReadOnlyList<PeerStatus> Status()
    {
        lock (_lock)
            return _peers.Status();
    }

    /// <summary>Pairs of nodes that have no link with each other, as far as this node knows.</summary>
    public IReadOnlyList<(NodeName One, NodeName Other)> UnreachablePairs()
    {
        lock (_lock)
            return _peers.UnreachablePairs(Self.Name);
    }

    /// <summary>
    /// Ends the links with members, dials and takes no more; the links of visitors go on to their own end.
    /// </summary>
    public Task RetireAsync() => EndAsync(attempt => attempt.Link is null or { Purpose: LinkPurpose.Peer });

    /// <summary>Ends when there is nothing left to end.</summary>
    public Task IdleAsync()
    {
        lock (_lock)
            return Task.WhenAll(_attempts.Select(attempt => attempt.Ended));
    }

    /// <summary>Ends all links, telling the other sides; returns when the owner has heard of every end.</summary>
    public async ValueTask DisposeAsync()
    {
        await EndAsync(_ => true).ConfigureAwait(false);
        // It went on meanwhile: it does not let a peer that does not read hold this up.
        if (_timer is { } timer)
            await timer.DisposeAsync().ConfigureAwait(false);
    }

    private Task EndAsync(Func<LinkAttempt, bool> isToEnd)
    {
        LinkAttempt[] attempts;
        lock (_lock)
        {
            _isStopping = true;
            attempts = [.. _attempts.Where(isToEnd)];
        }
        _reports.Mute();
        _listener?.Dispose();
        Array.ForEach(attempts, attempt => attempt.Close("the node stops"));
        return Task.WhenAll(attempts.Select(attempt => attempt.Ended));
    }

    private void Tick()
    {
        // A tick that takes longer than the interval is not run twice at once.
        if (Interlocked.Exchange(ref _isTicking, 1) == 1)
            return;
        long now = _time.GetTimestamp();
        bool wasStalled = _stall.IsLate(now);
        _reports.Tick();
        PeerLink[] links;
        List<(PeerContact Contact, LinkAttempt Attempt)> dials = [];
        lock (_lock)
        {
            links = [.. _attempts.Select(attempt => attempt.Link).OfType<PeerLink>()];
            foreach (PeerContact contact in _peers.Contacts)
            {
                if (!IsDialDue(contact, now))
                    continue;
                contact.IsDialing = true;
                var attempt = new LinkAttempt();
                _attempts.Add(attempt);
                dials.Add((contact, attempt));
            }
        }
        foreach (PeerLink link in links)
        {
            if (wasStalled)
                link.RestartClocks(now);
            link.Tick(now);
        }
        foreach ((PeerContact contact, LinkAttempt attempt) in dials)
            _ = DialAsync(contact, attempt);
        Volatile.Write(ref _isTicking, 0);
    }

    private bool IsDialDue(PeerContact contact, long now) =>
        !_isStopping && !contact.IsDialing && now >= contact.NextDialAt
        && _peers.Find(contact.Id)?.Choice.Up is null;

    private void Accept(AcceptedStream accepted)
    {
        LinkAttempt? attempt = null;
        lock (_lock)
        {
            int count = _attempts.Count(other => other.IsStranger);
            int ofAddress = _attempts.Count(other => other.IsStranger && other.RemoteHost == accepted.RemoteHost);
            if (!_isStopping && count < _options.MostHandshakes && ofAddress < _options.MostHandshakesOfAddress)
                _attempts.Add(attempt = new LinkAttempt(accepted.RemoteHost));
        }
        if (attempt is not null)
        {
            // Off the listener's loop: others wait to be accepted.
            _setup.Schedule(new Serving(this, attempt, accepted));
            return;
        }
        accepted.Stream.Dispose();
        _reports.TellStranger(accepted.Remote, null, RefusalText.Busy);
    }

    private async Task DialAsync(PeerContact contact, LinkAttempt attempt)
    {
        Peer? peer = null;
        Refusal? Decide(PeerIdentity identity, LinkPurpose purpose)
        {
            if (Judge(contact, identity, purpose) is { } refusal)
                return refusal;
            lock (_lock)
            {
                peer = _peers.Meet(identity.NodeId, identity.Name);
                return peer.Choice.TryAccept(attempt) ? null : RefusalText.AlreadyLinked(Self, identity);
            }
        }
        // That may ask the machine, and the tick waits for nothing.
        if (_setup.Locate is not null)
            await Task.Yield();
        PeerAddress address = _setup.Locate?.Invoke(contact.Known.Name) ?? contact.Known.Address;
        HandshakeOutcome outcome = await _handshakes.DialAsync(
            attempt, address, LinkPurpose.Peer, Introduction(), Decide).ConfigureAwait(false);
        _setup.NoteGeneration(Self, outcome.Peer);
        bool isLink, isDisplaced;
        lock (_lock)
        {
            contact.IsDialing = false;
            isLink = outcome.Result is not null && peer!.Choice.TryConfirm(attempt);
            isDisplaced = !isLink && (outcome.Result is not null || peer?.Choice.Up is not null);
            if (!isLink)
                peer?.Choice.End(attempt);
        }
        if (isLink)
        {
            await RunLinkAsync(peer!, attempt, outcome.Result!, null).ConfigureAwait(false);
            return;
        }
        NoteRefusal(
            contact, address, isDisplaced ? RefusalText.AlreadyLinked(Self, outcome.Peer!) : outcome.Refusal!);
        End(attempt);
    }

    private async Task ServeAsync(LinkAttempt attempt, AcceptedStream accepted)
    {
        Peer? peer = null;
        LinkAttempt? displaced = null;
        int linksAtAnswer = 0;
        Refusal? Decide(PeerIdentity identity, LinkPurpose purpose)
        {
            if (purpose != LinkPurpose.Peer)
                return JudgeVisit(identity, purpose);
            lock (_lock)
                linksAtAnswer = _peers.Find(identity.NodeId)?.Choice.Links ?? 0;
            return Judge(null, identity, purpose);
        }
        Refusal? Settle(PeerIdentity identity, LinkPurpose purpose)
        {
            if (purpose != LinkPurpose.Peer)
                return null;
            lock (_lock)
            {
                peer = _peers.Meet(identity.NodeId, identity.Name);
                return peer.Choice.TrySettle(attempt, linksAtAnswer, out displaced)
                    ? null
                    : RefusalText.AlreadyLinked(Self, identity);
            }
        }
        HandshakeOutcome outcome = await _handshakes.ListenAsync(
            attempt, accepted.Stream, Introduction(), Decide, Settle).ConfigureAwait(false);
        if (outcome.Result is { } result && peer is not null)
        {
            await RunLinkAsync(peer, attempt, result, displaced).ConfigureAwait(false);
            return;
        }
        if (outcome.Result is { } visit)
        {
            PeerLink link = MakeLink(attempt, visit, null);
            attempt.Link = link;
            _owner.LinkUp(link);
            await RunVisitorAsync(attempt, link).ConfigureAwait(false);
            return;
        }
        if (peer is not null)
        {
            // Settled, and lost before the last word was out: the owner must hear of the old link's end before another.
            await EndDisplacedAsync(displaced).ConfigureAwait(false);
            lock (_lock)
                peer.Choice.End(attempt);
        }
        NoteRefusal(accepted.Remote, outcome);
        End(attempt);
    }

    private async Task RunLinkAsync(
        Peer peer, LinkAttempt attempt, HandshakeResult result, LinkAttempt? displaced)
    {
        PeerLink link = MakeLink(attempt, result, peer);
        await EndDisplacedAsync(displaced).ConfigureAwait(false);
        long begun = _time.GetTimestamp();
        peer.Incoming.SetDirect(true);
        peer.Outgoing.SetDirect(true);
        lock (_lock)
            NoteUp(peer, attempt, link);
        _owner.LinkUp(link);
        string reason = await link.RunAsync().ConfigureAwait(false);
        lock (_lock)
            NoteDown(peer, reason);
        peer.Incoming.SetDirect(false);
        peer.Outgoing.SetDirect(false);
        _owner.LinkDown(link, reason);
        lock (_lock)
        {
            peer.Choice.End(attempt);
            _peers.FindContact(peer.Name)?.NoteDown(_time.GetElapsedTime(begun) >= _options.LongestPause, _time);
        }
        End(attempt);
    }

    private static Task EndDisplacedAsync(LinkAttempt? displaced)
    {
        displaced?.Close("the peer began another link");
        return displaced?.Ended ?? Task.CompletedTask;
    }

    private async Task RunVisitorAsync(LinkAttempt attempt, PeerLink link)
    {
        string reason = await link.RunAsync().ConfigureAwait(false);
        _owner.LinkDown(link, reason);
        End(attempt);
    }

    private void NoteUp(Peer peer, LinkAttempt attempt, PeerLink link)
    {
        PeerIdentity identity = link.Peer;
        peer.Seen = peer.Seen.With(new PeerRecord(identity.Boot, identity.Process, identity.DurableLsn));
        peer.Clock.Begin(identity.WallClockMs, _time.GetUtcNow());
        peer.EndReason = null;
        peer.Heartbeat = null;
        peer.Reaches = null;
        _peers.FindContact(peer.Name)?.NoteUp();
        attempt.Link = link;
        peer.Link = link;
        _peers.TellReachability();
    }

    private void NoteDown(Peer peer, string reason)
    {
        peer.Link = null;
        peer.Reaches = null;
        peer.EndReason = reason;
        _peers.TellReachability();
    }

    private PeerLink MakeLink(LinkAttempt attempt, HandshakeResult result, Peer? peer) => new(
        attempt.Stream,
        result,
        _options,
        new LinkSeams
        {
            Frame = HandleFrame,
            Heartbeat = (link, heartbeat) =>
            {
                if (peer is not null)
                    NoteHeartbeat(peer, heartbeat);
                _owner.HeartbeatArrived(link, heartbeat);
            },
            Reachability = (link, nodes) =>
            {
                peer?.Reaches = nodes;
                _owner.ReachChanged(link);
            },
            Room = _owner.RoomAgain,
            State = MakeHeartbeat,
            Schedule = _setup.Schedule,
            Time = _time,
        });

    private void HandleFrame(in PeerFrame frame)
    {
        if (frame.Class == LinkClass.Control && frame.Kind >= LinkKind.FirstReserved)
            _relays.Handle(frame);
        else
            _owner.FrameArrived(frame);
    }

    private void NoteHeartbeat(Peer peer, PeerHeartbeat heartbeat)
    {
        peer.Incoming.SetOldest(heartbeat.Boot, heartbeat.RelayStream);
        lock (_lock)
        {
            peer.Heartbeat = heartbeat;
            peer.Clock.Note(heartbeat.WallClockMs, _time.GetUtcNow());
            peer.Seen = peer.Seen.With(new PeerRecord(heartbeat.Boot, peer.Seen.Process, heartbeat.DurableLsn));
        }
    }

    private PeerHeartbeat MakeHeartbeat()
    {
        LocalState state = _owner.State;
        int syncAgeMs = (int)Math.Clamp(state.OldestSyncAge.TotalMilliseconds, 0, int.MaxValue);
        return new PeerHeartbeat(
            0, 0, _setup.Self.Boot, state.LeadershipEpoch, state.DurableLsn, _streams.Last, syncAgeMs, 0);
    }

    private PeerIdentity Introduction() => Self with
    {
        DurableLsn = _owner.State.DurableLsn,
        WallClockMs = _time.GetUtcNow().ToUnixTimeMilliseconds(),
    };

    private Refusal? Judge(PeerContact? dialed, PeerIdentity identity, LinkPurpose purpose)
    {
        if (purpose != LinkPurpose.Command && _setup.Declines is { } declines)
            return declines;
        PeerRecord seen;
        lock (_lock)
            seen = _peers.Find(identity.NodeId)?.Seen ?? default;
        Refusal? refusal = IdentityChecks.Check(Self, identity, purpose, seen);
        if (refusal?.Code == RefusalCode.WrongGeneration)
            _setup.NoteGeneration(Self, identity);
        return refusal ?? dialed?.Mismatch(identity) ?? _owner.Judge(identity, purpose);
    }

    private Refusal? JudgeVisit(PeerIdentity identity, LinkPurpose purpose)
    {
        bool isFull;
        lock (_lock)
            isFull = _attempts.Count(attempt => attempt.Link?.Purpose > LinkPurpose.Peer) >= _options.MostVisitors;
        return isFull ? RefusalText.Busy : Judge(null, identity, purpose);
    }

    private LinkAttempt? TryBegin()
    {
        var attempt = new LinkAttempt();
        lock (_lock)
            return !_isStopping && _attempts.Add(attempt) ? attempt : null;
    }

    private void End(LinkAttempt attempt)
    {
        attempt.Abandon();
        lock (_lock)
            _attempts.Remove(attempt);
        attempt.Dispose();
        attempt.NoteEnded();
    }

    private void NoteRefusal(PeerContact contact, PeerAddress address, Refusal refusal)
    {
        bool isNew;
        lock (_lock)
            isNew = _peers.NoteRefusal(contact, refusal);
        if (isNew)
            _reports.Tell(contact, address, refusal);
    }

    private void NoteRefusal(string remote, HandshakeOutcome outcome)
    {
        // A dial that the other side gave up for a link that is there now is nothing to tell.
        bool isGivenUp = outcome.Refusal?.Code == RefusalCode.Unreachable
            && outcome.Peer is { } linked && FindLink(linked.NodeId) is not null;
        if (outcome.Refusal is { } refusal && !isGivenUp)
            _reports.TellStranger(remote, outcome.Peer, refusal);
    }

    private sealed class Serving(PeerLinks links, LinkAttempt attempt, AcceptedStream accepted) : IThreadPoolWorkItem
    {
        public void Execute() => _ = links.ServeAsync(attempt, accepted);
    }
}
