using Warren.Cluster.Consensus;
using Warren.Cluster.Consensus.Messages;
using Warren.Storage;

namespace Warren.Cluster.Groups;

/// <summary>
/// One group among its node's heartbeats. The group's turn publishes what it would say and answer; heartbeats that
/// bring nothing new are counted here, and the turn is called for only when there is news or silence. So a group that
/// is idle costs a few comparisons, and no turn.
/// <para>One small lock guards all; nothing is called under it.</para>
/// </summary>
public sealed class HeartbeatSlot
{
    /// <summary>Ticks of silence after which a follower's turn is told: more than one batch is missing.</summary>
    private const int QuietTicks = 3;

    private readonly GroupHeartbeats _heartbeats;
    private readonly Action _wake;
    private readonly int _checkTicks;
    private readonly Lock _lock = new();
    private readonly List<(NodeId From, Heartbeat Heartbeat)> _heartbeatsIn = new(0);
    private readonly List<(NodeId From, HeartbeatAnswer Answer)> _answersIn = new(0);
    private Peer[] _peers = [];
    private int _peerCount;
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

    /// <summary>The leader was heard since the turn was told last, before those ticks.</summary>
    private bool _wasHeard;

    /// <summary>The turn has been called for and has not come yet.</summary>
    private bool _isCalled;

    internal HeartbeatSlot(GroupHeartbeats heartbeats, GroupId id, RaftOptions options, Action wake)
    {
        _heartbeats = heartbeats;
        _wake = wake;
        _checkTicks = Math.Max(1, options.ElectionTicks * 4 / 5);
        Id = id;
        // What was before is no silence of anybody's.
        _since = heartbeats.Now;
        BeQuiet();
    }

    public GroupId Id { get; }

    /// <summary>Its place among the node's; under the lock of all.</summary>
    internal int Place { get; set; }

    /// <summary>Its lines are to go at once.</summary>
    internal bool IsHasty { get; set; }

    /// <summary>The group's turn says how it stands.</summary>
    internal void Publish(RaftNode node)
    {
        bool isHasty = node.WantsHeartbeat;
        lock (_lock)
        {
            if (node.Term != _term || node.IsLeader != _isLeader)
                (_since, _wasHeard) = (_heartbeats.Now, false);
            (_term, _leader, _isLeader, _commit) = (node.Term, node.Leader, node.IsLeader, node.Log.Commit);
            (_soundness, _needsTicks, _goneTicks) = (node.Soundness, node.NeedsTicks, node.TicksWithoutLeader);
            BeQuiet();
            _peerCount = 0;
            if (!_isLeader)
                return;
            foreach (Progress progress in node.Replication.Others)
                Publish(node, progress, _peerCount++);
            _round = node.ClosedRound;
        }
        if (isHasty && _peerCount > 0)
            _heartbeats.Hasten(this);
    }

    /// <summary>The group's turn takes what has come.</summary>
    internal void Deliver(RaftGroup group)
    {
        RaftNode node = group.Node;
        List<(NodeId From, Heartbeat Heartbeat)>? heartbeats = null;
        List<(NodeId From, HeartbeatAnswer Answer)>? answers = null;
        LostPeer? gone;
        long ticks;
        lock (_lock)
        {
            _isCalled = false;
            (gone, _gone) = (_gone, null);
            long now = _heartbeats.Now;
            ticks = now - _since;
            if (_wasHeard)
                node.HearLeader();
            for (int place = 0; place < _peerCount; place++)
            {
                if (_peers[place].IsHeard)
                    node.HearFollower(_peers[place].Id);
                _peers[place].IsHeard = false;
            }
            (_since, _wasHeard) = (now, false);
            BeQuiet();
            if (_heartbeatsIn.Count > 0)
                heartbeats = [.. _heartbeatsIn];
            if (_answersIn.Count > 0)
                answers = [.. _answersIn];
            _heartbeatsIn.Clear();
            _answersIn.Clear();
        }
        foreach ((NodeId from, HeartbeatAnswer answer) in answers ?? [])
            group.Step(from, answer);
        for (; ticks > 0; ticks--)
            group.Tick();
        if (gone is { } lost)
            node.PeerGone(lost);
        foreach ((NodeId from, Heartbeat heartbeat) in heartbeats ?? [])
            _heartbeats.Answer(from, Id, group.Step(from, heartbeat));
    }

    /// <summary>
    /// The turn hears who has answered: of an idle group it would with the next news only, and it is about to ask who
    /// is there.
    /// </summary>
    internal void TellHeard(RaftNode node)
    {
        lock (_lock)
        {
            for (int place = 0; place < _peerCount; place++)
            {
                if (_peers[place].IsHeard)
                    node.HearFollower(_peers[place].Id);
            }
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
            _gone = new LostPeer(node, isCertain, Id.Value, (int)((ulong)Id.Value % (ulong)spreadTicks));
            // What it said before would be taken for a word of one that is back.
            Forget(_heartbeatsIn, node);
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
            // Of a group of one, nobody has to be heard.
            if (_isCalled || now < _quietTo || (_isLeader && !_needsTicks && TakeAllHeard(now)))
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
            if (!_isLeader)
                return;
            for (int place = 0; place < _peerCount; place++)
            {
                ref Peer peer = ref _peers[place];
                peer.Lines ??= batches.Of(peer.Id);
                peer.Lines.Add(Id, new Heartbeat(_term, peer.Known, _round));
            }
        }
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
            // A line that says more than the one before makes that one needless.
            Forget(_heartbeatsIn, from);
            _heartbeatsIn.Add((from, heartbeat));
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
            int place = 0;
            while (place < _peerCount && _peers[place].Id != from)
                place++;
            if (place < _peerCount && answer.Term == _term)
            {
                ref Peer peer = ref _peers[place];
                peer.IsHeard = true;
                if (peer.IsSettled && answer.Soundness == Soundness.Sound && answer.Round <= peer.AnsweredRound)
                    return;
            }
            else if (answer.Term <= _term)
            {
                return;
            }
            Forget(_answersIn, from);
            _answersIn.Add((from, answer));
            if (_isCalled)
                return;
            _isCalled = true;
        }
        _wake();
    }

    private static void Forget<T>(List<(NodeId From, T)> waiting, NodeId from)
    {
        for (int place = waiting.Count - 1; place >= 0; place--)
        {
            if (waiting[place].From == from)
                waiting.RemoveAt(place);
        }
    }

    private void BeQuiet()
    {
        int ticks = _needsTicks ? 1
            : _isLeader ? _checkTicks
            : _goneTicks > 0 ? _goneTicks
            : QuietTicks + 1;
        Volatile.Write(ref _quietTo, _since + ticks);
    }

    private bool TakeAllHeard(long now)
    {
        for (int place = 0; place < _peerCount; place++)
        {
            if (!_peers[place].IsHeard)
                return false;
        }
        _since = now;
        BeQuiet();
        for (int place = 0; place < _peerCount; place++)
            _peers[place].IsHeard = false;
        return true;
    }

    private void Publish(RaftNode node, Progress progress, int place)
    {
        if (_peers.Length == place)
            Array.Resize(ref _peers, place == 0 ? node.Replication.Others.Count : place * 2);
        bool isSame = _peers[place].Id == progress.Id;
        // Says the round, which from now on nobody joins.
        node.TryHeartbeat(progress.Id, out Heartbeat heartbeat);
        _peers[place] = new Peer
        {
            Id = progress.Id,
            Known = heartbeat.Commit,
            AnsweredRound = progress.AnsweredRound,
            IsSettled = progress is { State: ProgressState.Replicate, Soundness: Soundness.Sound }
                && progress.Match == node.Log.LastIndex,
            IsHeard = isSame && _peers[place].IsHeard,
            Lines = isSame ? _peers[place].Lines : null,
        };
    }

    private struct Peer
    {
        public NodeId Id;
        public LogIndex Known;
        public long AnsweredRound;

        /// <summary>Of the node's next batch.</summary>
        public HeartbeatLines? Lines;

        /// <summary>It has all there is: its answer changes nothing but that it was heard.</summary>
        public bool IsSettled;

        /// <summary>Since the turn was told, or all were.</summary>
        public bool IsHeard;
    }
}
