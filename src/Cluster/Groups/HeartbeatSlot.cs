using Warren.Cluster.Consensus;
using Warren.Cluster.Consensus.Messages;
using Warren.Storage;

namespace Warren.Cluster.Groups;

/// <summary>
/// One group among its node's heartbeats. The group's turn publishes what it would say and answer; heartbeats that
/// bring nothing new are counted here, and the turn is called for only when there is news or silence. So a group that
/// is idle costs a few comparisons, and no turn.
/// <para>One that has said the same for a while rests: with each member at a leader (<see cref="LedRest"/>), under its
/// leader at a member (<see cref="FollowedRest"/>). Then it is not walked either, and who was heard it learns of the
/// node that it rests with, when somebody asks.</para>
/// <para>One small lock guards all; nothing is called under it.</para>
/// </summary>
public sealed class HeartbeatSlot
{
    /// <summary>Ticks of silence after which a follower's turn is told: more than one batch is missing.</summary>
    private const int QuietTicks = 3;

    private readonly GroupHeartbeats _heartbeats;
    private readonly Action _wake;
    private readonly int _checkTicks;
    private readonly int _electionTicks;
    private readonly Lock _lock = new();
    private readonly SlotInbox _inbox = new();
    private readonly SlotRests _rests = new();
    private readonly SlotPeers _peers = new();
    private FollowedRest? _under;
    private Term _restTerm;
    private Term _term;
    private NodeId _leader;
    private LogIndex _commit;
    private Soundness _soundness;
    private long _round;
    private bool _isLeader;
    private bool _needsTicks;
    /// <inheritdoc cref="RaftNode.TicksWithoutLeader"/>
    private int _goneTicks;

    /// <summary>The leader's link has ended since the turn was told last, and it was not heard since.</summary>
    private LostPeer? _gone;

    /// <summary>
    /// The tick up to which the turn was told, or, later, at which the leader was heard, or all followers were.
    /// </summary>
    private long _since;

    /// <summary>The tick before which nothing is to be done, if all goes well; looked at without the lock.</summary>
    private long _quietTo;

    /// <summary>The leader was heard since the turn was told last, or all followers were, before those ticks.</summary>
    private bool _wasHeard;

    /// <summary>A leader that is about to give up: no majority was heard, and the turn knows.</summary>
    private bool _isCutOff;

    /// <summary>The turn has been called for and has not come yet.</summary>
    private bool _isCalled;

    /// <summary>It is walked, or is about to be.</summary>
    private bool _isActive = true;

    private bool _isRemoved;

    internal HeartbeatSlot(GroupHeartbeats heartbeats, GroupId id, RaftOptions options, Action wake)
    {
        _heartbeats = heartbeats;
        _wake = wake;
        _checkTicks = CheckTicks(options);
        _electionTicks = options.ElectionTicks;
        Id = id;
        // What was before is no silence of anybody's.
        _since = heartbeats.Now;
        BeQuiet();
    }

    public GroupId Id { get; }

    /// <summary>Ticks within which a leader has heard all followers, or its turn counts who is missing.</summary>
    internal static int CheckTicks(RaftOptions options) => Math.Max(1, options.ElectionTicks * 4 / 5);

    /// <summary>With whom it rests that it leads. For tests, between walks.</summary>
    internal SlotRests Rests => _rests;

    /// <summary>Under whom it rests. For tests.</summary>
    internal FollowedRest? Under => _under;

    /// <summary>The term in which it does.</summary>
    internal Term RestTerm => _restTerm;

    /// <summary>Its place among the node's; under the lock of all.</summary>
    internal int Place { get; set; }

    /// <summary>Its lines are to go at once.</summary>
    internal bool IsHasty { get; set; }

    /// <summary>The group's turn says how it stands.</summary>
    internal void Publish(RaftNode node)
    {
        bool isHasty = node.WantsHeartbeat;
        FollowedRest? left;
        bool activates;
        lock (_lock)
        {
            TakeHeard();
            if (node.Term != _term || node.IsLeader != _isLeader)
                (_since, _wasHeard, _isCutOff) = (_heartbeats.Now, false, false);
            (_term, _leader, _isLeader, _commit) = (node.Term, node.Leader, node.IsLeader, node.Log.Commit);
            (_soundness, _needsTicks, _goneTicks) = (node.Soundness, node.NeedsTicks, node.TicksWithoutLeader);
            BeQuiet();
            _peers.Publish(node);
            _round = _isLeader ? node.ClosedRound : _round;
            left = LeaveUnfit();
            activates = ActivateIfNeeded();
        }
        if (left is not null)
            _heartbeats.NoteLeft(left, Id);
        if (activates)
            _heartbeats.Activate(this);
        if (isHasty && _peers.Count > 0)
            _heartbeats.Hasten(this);
    }

    /// <summary>The group's turn takes what has come.</summary>
    internal void Deliver(RaftGroup group)
    {
        RaftNode node = group.Node;
        List<(NodeId From, Heartbeat Heartbeat)> heartbeats;
        List<(NodeId From, HeartbeatAnswer Answer)> answers;
        LostPeer? gone;
        long ticks;
        lock (_lock)
        {
            TakeHeard();
            _isCalled = false;
            (gone, _gone) = (_gone, null);
            long now = _heartbeats.Now;
            ticks = now - _since;
            if (_wasHeard && IsAsTold(node))
                node.RestartWait();
            bool isMajorityHeard = _peers.IsMajorityHeard;
            _isCutOff = _isLeader && ticks >= _checkTicks && !isMajorityHeard;
            // A turn that comes late counts twice who was heard, and the second time nobody was.
            if (_isLeader && isMajorityHeard)
                ticks = Math.Min(ticks, _electionTicks);
            _peers.TellHeard(node, areAll: false);
            _peers.ForgetHeard();
            _rests.TellHeard(node, _heartbeats.Now - _checkTicks);
            (_since, _wasHeard) = (now, false);
            BeQuiet();
            _inbox.TakeAll(out heartbeats, out answers);
        }
        foreach ((NodeId from, HeartbeatAnswer answer) in answers)
            group.Step(from, answer);
        for (; ticks > 0; ticks--)
            group.Tick();
        if (gone is { } lost)
            node.PeerGone(lost);
        foreach ((NodeId from, Heartbeat heartbeat) in heartbeats)
            _heartbeats.Answer(from, Id, group.Step(from, heartbeat));
    }

    /// <summary>
    /// The turn hears who has answered, or that the leader was heard: of an idle group it would with the next news
    /// only, and it is about to ask who is there, or is asked.
    /// </summary>
    internal void TellHeard(RaftNode node)
    {
        lock (_lock)
        {
            TakeHeard();
            long after = _heartbeats.Now - _checkTicks;
            _peers.TellHeard(node, areAll: _wasHeard && _since > after);
            _rests.TellHeard(node, after);
            if (!_isLeader && _wasHeard && _gone is null && _since > after && IsAsTold(node))
                node.RestartWait();
        }
    }

    /// <summary>This member follows a node, as far as its turn has published.</summary>
    internal bool Follows(NodeId node)
    {
        lock (_lock)
            return !_isLeader && _leader == node;
    }

    /// <summary>The link with a node has ended here: whom it leads is told.</summary>
    /// <param name="node">Who.</param>
    /// <param name="isCertain">See <see cref="LostPeer"/>.</param>
    /// <param name="spreadTicks">Ticks over which the groups of this node are spread.</param>
    internal void PeerGone(NodeId node, bool isCertain, int spreadTicks)
    {
        lock (_lock)
        {
            if (_isLeader || _leader != node)
                return;
            TakeHeard();
            _gone = new LostPeer(node, isCertain, Id.Value, (int)((ulong)Id.Value % (ulong)spreadTicks));
            // What it said before would be taken for a word of one that is back.
            _inbox.Forget(node);
            if (_isCalled)
                return;
            _isCalled = true;
        }
        _wake();
    }

    /// <summary>A tick of time, for all groups.</summary>
    internal void Tick(long now)
    {
        if (now < Volatile.Read(ref _quietTo))
            return;
        lock (_lock)
        {
            TakeHeard();
            // Of a group of one, nobody has to be heard.
            if (_isCalled || _isRemoved || now < _quietTo || IsNobodyMissing(now))
                return;
            _isCalled = true;
        }
        _wake();
    }

    /// <summary>Adds a line for each peer of a group that is led here.</summary>
    internal void Beat(HeartbeatBatches batches)
    {
        lock (_lock)
        {
            if (!_isLeader || _isRemoved)
                return;
            for (int place = 0; place < _peers.Count; place++)
                AddLine(ref _peers[place], batches);
        }
    }

    /// <summary>
    /// The same for those that do not rest; who is to rest, or not any more, is told so. False: all rest, and nothing
    /// is to be done until it is activated again.
    /// </summary>
    internal bool BeatOrRest(HeartbeatBatches batches)
    {
        lock (_lock)
        {
            if (_isRemoved)
                return false;
            TakeHeard();
            EndUnfit();
            for (int place = 0; _isLeader && place < _peers.Count; place++)
            {
                ref SlotPeer peer = ref _peers[place];
                int rest = _rests.Find(peer.Id);
                if (rest >= 0 && _rests[rest].IsConfirmed)
                    continue;
                AddLine(ref peer, batches);
                if (rest < 0 && peer.IsSteady(LineOf(peer), _round, _heartbeats.BeatsUntilRest) && !_needsTicks)
                    _rests.Offer(Id, LineOf(peer), _heartbeats.RestOf(peer.Id), _heartbeats.Now);
            }
            return _isActive = !IsAtRest;
        }
    }

    /// <summary>A leader's node offers to let this member rest under it; false: it does not.</summary>
    internal bool TryRest(FollowedRest rest, in Heartbeat line)
    {
        lock (_lock)
        {
            TakeHeard();
            if (_isLeader || _leader != rest.Node || line.Term != _term || line.Commit > _commit || _goneTicks > 0
                || _needsTicks || _soundness != Soundness.Sound || _isCalled || _isRemoved)
                return false;
            (_under, _restTerm) = (rest, line.Term);
            return true;
        }
    }

    /// <summary>It rests no more under this one, if it does.</summary>
    internal void EndUnder(FollowedRest rest)
    {
        bool activates;
        lock (_lock)
        {
            if (_under != rest)
                return;
            TakeHeard();
            _under = null;
            activates = ActivateIfNeeded();
        }
        if (activates)
            _heartbeats.Activate(this);
    }

    /// <summary>It rests no more with this one; false: it did not.</summary>
    internal bool EndRest(LedRest with)
    {
        bool activates;
        lock (_lock)
        {
            int rest = _rests.Find(with.Node);
            if (rest < 0)
                return false;
            TakeHeard();
            _rests.RemoveAt(rest);
            _peers.ForgetSteady();
            activates = ActivateIfNeeded();
        }
        if (activates)
            _heartbeats.Activate(this);
        return true;
    }

    /// <summary>
    /// The group is gone from this node: it rests with nobody any more, and with whom it did hears of that. Under the
    /// lock of walks.
    /// </summary>
    internal void Retire()
    {
        FollowedRest? left;
        lock (_lock)
        {
            _isRemoved = true;
            // So that nothing activates it again.
            _isActive = true;
            (left, _under) = (_under, null);
            for (int rest = _rests.Count - 1; rest >= 0 && !Planted.Is(PlantedBug.RestRemovedSilently); rest--)
                _rests.End(rest, Id);
        }
        if (left is not null && !Planted.Is(PlantedBug.RestRemovedSilently))
            _heartbeats.NoteLeft(left, Id);
    }

    /// <summary>A line has come; true with the answer, false if the turn will give it.</summary>
    internal bool TryAnswer(NodeId from, in Heartbeat heartbeat, out HeartbeatAnswer answer)
    {
        answer = default;
        bool isKnown;
        lock (_lock)
        {
            isKnown = !_isLeader && heartbeat.Term == _term && from == _leader;
            if (Planted.Is(PlantedBug.OldLeaderHeard) && !_isLeader && heartbeat.Term < _term)
            {
                answer = new HeartbeatAnswer(heartbeat.Term, heartbeat.Round, _soundness);
                return true;
            }
            if (isKnown)
            {
                // The turn knows it as gone, and would help another.
                bool isBack = _goneTicks > 0;
                (_since, _wasHeard, _goneTicks, _gone) = (_heartbeats.Now, true, 0, null);
                BeQuiet();
                answer = new HeartbeatAnswer(_term, heartbeat.Round, _soundness);
                if (!isBack && (heartbeat.Commit <= _commit || _soundness != Soundness.Sound))
                    return true;
            }
            _inbox.Add(from, heartbeat);
            if (_isCalled)
                return isKnown;
            _isCalled = true;
        }
        _wake();
        return isKnown;
    }

    /// <summary>A follower's answer has come.</summary>
    internal void Take(NodeId from, in HeartbeatAnswer answer)
    {
        lock (_lock)
        {
            int place = _peers.Find(from);
            if (place >= 0 && answer.Term == _term)
            {
                ref SlotPeer peer = ref _peers[place];
                peer.IsHeard = true;
                if (peer.IsSettled && answer.Soundness == Soundness.Sound && answer.Round <= peer.AnsweredRound)
                    return;
            }
            else if (answer.Term <= _term)
            {
                return;
            }
            _inbox.Add(from, answer);
            if (_isCalled)
                return;
            _isCalled = true;
        }
        _wake();
    }

    // A leader's: with all members; a member's: under its leader.
    private bool IsAtRest
    {
        get
        {
            if (_isRemoved || _needsTicks || _goneTicks > 0)
                return false;
            // Who follows nobody and may not stand waits to be spoken to: it was removed, or is to be added.
            if (!_isLeader)
                return _under is not null || _leader.IsNone;
            for (int place = 0; place < _peers.Count; place++)
            {
                int rest = _rests.Find(_peers[place].Id);
                if (rest < 0 || !_rests[rest].IsConfirmed || !IsFit(_rests[rest]))
                    return false;
            }
            return true;
        }
    }

    private bool IsAsTold(RaftNode node) =>
        node.Term == _term && node.IsLeader == _isLeader && node.Leader == _leader;

    private bool ActivateIfNeeded() => !_isActive && (_isActive = !IsAtRest);

    // What was said when it began to rest holds.
    private bool IsFit(in SlotRest rest)
    {
        if (!_isLeader || _isRemoved || _needsTicks)
            return false;
        int place = _peers.Find(rest.With.Node);
        return place >= 0 && _peers[place].IsSettled && LineOf(_peers[place]) == rest.Line;
    }

    private void EndUnfit()
    {
        for (int rest = _rests.Count - 1; rest >= 0; rest--)
        {
            if (!IsFit(_rests[rest]) && (_isLeader || !Planted.Is(PlantedBug.RestOfOldLeader)))
                _rests.End(rest, Id);
        }
    }

    private FollowedRest? LeaveUnfit()
    {
        if (_under is not { } under || (!_isLeader && _leader == under.Node && _term == _restTerm
            && _soundness == Soundness.Sound && !_needsTicks && _goneTicks == 0))
            return null;
        if (Planted.Is(PlantedBug.RestUnderOldLeader))
            return null;
        _under = null;
        return under;
    }

    private Heartbeat LineOf(in SlotPeer peer) => new(_term, peer.Known, _round);

    private void AddLine(ref SlotPeer peer, HeartbeatBatches batches)
    {
        peer.Lines ??= batches.Of(peer.Id);
        peer.Lines.Add(Id, LineOf(peer));
    }

    // Whom the nodes that it rests with were heard of.
    private void TakeHeard()
    {
        if (_under is { } under)
        {
            if (under.HeardAt <= _since)
                return;
            (_since, _wasHeard) = (under.HeardAt, true);
            BeQuiet();
            return;
        }
        if (!_isLeader)
            return;
        long all = long.MaxValue;
        for (int place = 0; place < _peers.Count; place++)
            all = Math.Min(all, _rests.AnsweredAt(_peers[place].Id));
        // Of a group of one, nobody has to be heard.
        all = _peers.Count == 0 && !_needsTicks ? _heartbeats.Now : all;
        if (all > _since && all != long.MaxValue)
            TakeAllHeard(all);
        for (int place = 0; place < _peers.Count; place++)
            _peers[place].IsHeard |= _rests.AnsweredAt(_peers[place].Id) > _since;
    }

    private void BeQuiet()
    {
        int ticks = _needsTicks ? 1
            : _isCutOff ? Math.Max(1, _electionTicks - _checkTicks)
            : _isLeader ? _checkTicks
            : _goneTicks > 0 ? _goneTicks
            : QuietTicks + 1;
        Volatile.Write(ref _quietTo, _since + ticks);
    }

    private bool IsNobodyMissing(long now)
    {
        if (!_isLeader || _needsTicks || !_peers.AreAllHeard)
            return false;
        TakeAllHeard(now);
        return true;
    }

    private void TakeAllHeard(long at)
    {
        (_since, _wasHeard, _isCutOff) = (at, true, false);
        BeQuiet();
        _peers.ForgetHeard();
    }
}
