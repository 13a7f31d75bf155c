using Warren.Cluster.Consensus.Messages;
using Warren.Storage;

namespace Warren.Cluster.Consensus;

/// <summary>
/// One member of one group: Raft as in Ongaro's thesis, as a pure state machine. It is driven in its owner's turn,
/// with messages, ticks and what the owner has done, and says in <see cref="Ready"/> what is to be done. Nothing in
/// here waits, does I/O, or knows the time.
/// <para>Storage is asynchronous: an answer that rests on a write goes when the write is durable, and a leader's own
/// copy counts only then. Members count from the moment their entry is in the log, committed or not (thesis, section
/// 4.1).</para>
/// </summary>
public sealed class RaftNode
{
    private readonly PendingWrites _writes = new();
    private readonly List<Outgoing> _messages = [];
    private readonly List<Outgoing> _durableMessages = [];
    private readonly Elections _elections;
    private readonly SnapshotReceiving _receiving;
    private readonly ReadBarriers _barriers;
    private readonly MembershipChanges _changes;
    private readonly Following _following;
    private readonly Strangers _strangers;
    private bool _isStateChanged;
    private bool _areLossesDurable;
    private long _number;

    /// <param name="start">Nothing, or what recovery found.</param>
    /// <param name="options">The same for all members.</param>
    /// <param name="random">Draws the waits before elections.</param>
    public RaftNode(RaftStart start, RaftOptions options, Random random)
    {
        Self = start.Self;
        Options = options;
        Term = DurableTerm = start.State.Term;
        Vote = DurableVote = start.State.Vote;
        Soundness = start.IsUnsound ? Soundness.NeedsSnapshot : Soundness.Sound;
        Losses = start.State.Losses + (start.IsUnsound ? 1 : 0);
        _isStateChanged = start.IsUnsound;
        _areLossesDurable = !start.IsLostNow;
        Log = new RaftLog(start);
        Replication = new Replication(this);
        Sending = new SnapshotSending(this);
        _elections = new Elections(this, random);
        _receiving = new SnapshotReceiving(this);
        _barriers = new ReadBarriers(this, random.NextInt64(1, long.MaxValue / 2));
        _changes = new MembershipChanges(this);
        _following = new Following(this, _receiving);
        _strangers = new Strangers(this);
        if (start.BeginsAlone)
            BeginAlone();
        if (IsPromotable && Members.IsVoter(Self) && Members.Voters == 1)
            _elections.Campaign(isTransfer: false);
    }

    public NodeId Self { get; }

    public RaftOptions Options { get; }

    public RaftLog Log { get; }

    /// <summary>The highest term seen; never falls.</summary>
    public Term Term { get; private set; }

    /// <summary>Whom this member has voted for in <see cref="Term"/>.</summary>
    public NodeId Vote { get; private set; }

    public RaftRole Role { get; private set; }

    /// <summary>The leader of <see cref="Term"/>, as far as it is known.</summary>
    public NodeId Leader { get; private set; }

    public Soundness Soundness { get; private set; }

    /// <summary>See <see cref="HardState.Losses"/>.</summary>
    public long Losses { get; }

    /// <summary>As of the end of the log.</summary>
    public Membership Members => Log.Members;

    public bool IsLeader => Role == RaftRole.Leader;

    /// <summary>
    /// A leader that has committed an entry of its own term: it knows everything that was ever committed.
    /// </summary>
    public bool HasCommittedInTerm => IsLeader && Replication.HasCommittedInTerm;

    /// <summary>The member that leadership is being handed to; none: no transfer.</summary>
    public NodeId TransferTo => Replication.TransferTo;

    /// <summary>
    /// A read barrier waits for a round of heartbeats: the next batch to the group's members should not wait for its
    /// time.
    /// </summary>
    public bool WantsHeartbeat => IsLeader && _barriers.WantsRound;

    /// <summary>
    /// Beyond this a compaction would cost a member that is heard from a whole snapshot. Of a follower: what is
    /// applied.
    /// </summary>
    public LogIndex CompactionLimit => IsLeader ? Replication.CompactionLimit : Log.Applied;

    /// <summary>
    /// It is not to lead: it votes, but does not stand, also not when a leader asks for it. The only voter does.
    /// </summary>
    public bool IsBarred { get; set; }

    internal Replication Replication { get; }

    internal SnapshotSending Sending { get; }

    internal Term DurableTerm { get; private set; }

    internal NodeId DurableVote { get; private set; }

    internal bool BecameSound { get; set; }

    /// <summary>
    /// Each tick may change something, heartbeats or not: somebody is awaited who may not answer. Else only silence
    /// does.
    /// </summary>
    internal bool NeedsTicks => _barriers.HasOwn
        || (IsLeader ? Replication.IsBusy : Role != RaftRole.Follower || (Leader.IsNone && MayStand));

    /// <inheritdoc cref="Elections.TicksWithoutLeader"/>
    internal int TicksWithoutLeader => _elections.TicksWithoutLeader;

    /// <summary>The newest round of read barriers that went out to anybody.</summary>
    internal long ClosedRound => _barriers.ClosedRound;

    /// <summary>Something is to be sent that no Ready has handed out.</summary>
    internal bool HasMessages => _messages.Count > 0 || _durableMessages.Count > 0;

    /// <summary>
    /// It may campaign. Also who has removed itself, until that is committed: the others may not know of it, and have
    /// less of the log, so that nobody else could be elected (thesis, section 4.2.2).
    /// </summary>
    internal bool IsPromotable => Soundness == Soundness.Sound && (Members.IsVoter(Self)
        || (Log.MembersIndex > Log.Commit && Log.MembersAt(Log.MembersIndex.Previous()).IsVoter(Self)));

    internal bool MayStand => IsPromotable && (!IsBarred || Members.Voters == 1);

    /// <summary>
    /// An entry that has not been compacted; its payload may have to be read. Valid until the log changes.
    /// </summary>
    public ref readonly RaftEntry Entry(LogIndex index) => ref Log[index];

    /// <inheritdoc cref="Strangers.Dropped"/>
    public long Dropped => _strangers.Dropped;

    /// <summary>A message of another member. What does not fit the state is ignored, whoever sent it.</summary>
    public void Step(NodeId from, RaftMessage message)
    {
        if (_strangers.Drops(from, message.Term, leads: message is AppendRequest or SnapshotChunk))
            return;
        if (message.Term > Term && !_elections.TakesTerm(from, message))
            return;
        if (message.Term < Term)
        {
            AnswerOldTerm(from, message);
            return;
        }
        switch (message)
        {
            case VoteRequest request:
                _elections.OnRequest(from, request);
                break;
            case VoteAnswer answer:
                _elections.OnAnswer(from, answer);
                break;
            case AppendRequest request:
                Follow(from);
                _following.OnAppend(from, request);
                break;
            case SnapshotChunk chunk:
                Follow(from);
                _receiving.OnChunk(from, chunk);
                break;
            case AppendAnswer answer when IsLeader:
                Replication.OnAnswer(from, answer);
                break;
            case SnapshotAnswer answer when IsLeader:
                Sending.OnAnswer(from, answer);
                break;
            case TimeoutNow when Role == RaftRole.Follower:
                _elections.Campaign(isTransfer: true);
                break;
            case BarrierRequest request when IsLeader:
                _barriers.OnRequest(from, request);
                break;
            case BarrierAnswer answer:
                _barriers.OnAnswer(from, answer);
                break;
        }
    }

    /// <summary>A leader's heartbeat; the answer goes back with the other groups' at once.</summary>
    public HeartbeatAnswer Step(NodeId from, Heartbeat heartbeat)
    {
        if (heartbeat.Term >= Term && !_strangers.Drops(from, heartbeat.Term, leads: true))
        {
            if (heartbeat.Term > Term)
                BecomeFollower(heartbeat.Term, from);
            Follow(from);
            // Until it is sound, what it once acknowledged is not what it has.
            if (Soundness == Soundness.Sound)
                Log.CommitTo(heartbeat.Commit);
        }
        return new HeartbeatAnswer(Term, heartbeat.Round, Soundness);
    }

    /// <summary>A follower's answer to a heartbeat.</summary>
    public void Step(NodeId from, HeartbeatAnswer answer)
    {
        if (_strangers.Drops(from, answer.Term, leads: false))
            return;
        if (answer.Term > Term)
            BecomeFollower(answer.Term, NodeId.None);
        else if (answer.Term == Term && IsLeader && Replication.OnHeartbeatAnswer(from, answer))
            _barriers.OnRound();
    }

    /// <summary>What this leader has to say to a member in the next batch of heartbeats; false if nothing.</summary>
    public bool TryHeartbeat(NodeId to, out Heartbeat heartbeat)
    {
        heartbeat = default;
        if (!IsLeader || Replication.Find(to) is not { } progress)
            return false;
        LogIndex known = Planted.Is(PlantedBug.CommitBeyondMatch) ? Log.Commit : progress.Counted;
        heartbeat = new Heartbeat(Term, IndexSteps.Lower(known, Log.Commit), _barriers.StartRound());
        return true;
    }

    /// <summary>
    /// Nobody is missing up to now: the leader's heartbeats of this term came, or all members answered this leader's,
    /// and said nothing new.
    /// </summary>
    internal void RestartWait() => _elections.RestartWait();

    /// <summary>A member answered heartbeats of this term, and said nothing new.</summary>
    internal void HearFollower(NodeId from)
    {
        if (IsLeader && Replication.Find(from) is { } progress)
            progress.IsActive = true;
    }

    /// <summary>Time passes. A group of one needs none.</summary>
    public void Tick()
    {
        _barriers.Tick();
        if (IsLeader)
            Sending.Tick();
        _elections.Tick();
    }

    /// <summary>
    /// Asks for an election now, as if the leader had been silent; the others still say what they think.
    /// </summary>
    public void Campaign()
    {
        if (!IsLeader)
            _elections.Campaign(isTransfer: false);
    }

    /// <summary>
    /// Appends to the log what the leader's owner has decided, or nothing of it: false if this is no leader, or one
    /// that hands over, or too far ahead of what is committed.
    /// </summary>
    public bool TryPropose(ReadOnlySpan<EntryPayload> payloads, out LogIndex first) =>
        Replication.TryPropose(payloads, out first);

    /// <summary>Changes the members by one.</summary>
    public ChangeOutcome ChangeMembers(MembershipChange change) => _changes.Propose(change);

    /// <summary>
    /// Hands leadership to a voter as soon as it has all entries; given up after an election timeout. False if this is
    /// no leader, or the other can be none.
    /// </summary>
    public bool TransferLeadership(NodeId to)
    {
        if (!Replication.BeginTransfer(to))
            return false;
        _elections.RestartWait();
        return true;
    }

    /// <summary>
    /// Asks for a point at which everything is applied here that was committed, anywhere in the group, before now.
    /// Answered, once, in <see cref="Ready.Barriers"/>.
    /// </summary>
    public void RequestBarrier(long id) => _barriers.Request(id);

    /// <summary>The link with a member has ended here (<see cref="Elections.LeaderGone"/>).</summary>
    public void PeerGone(in LostPeer lost)
    {
        if (lost.Node == Leader && Role == RaftRole.Follower)
            _elections.LeaderGone(lost);
    }

    /// <summary>There is a new link with a member: what was asked of it, or told by it, may have gone with the last
    /// one.</summary>
    public void Reconnected(NodeId member)
    {
        if (member == Leader)
            _barriers.AskAgain();
    }

    /// <summary>
    /// A chunk that was demanded; kept, and must not change, until the next is. The last says what was applied when the
    /// content was complete. False if nobody wants it any more: the attempt is over.
    /// </summary>
    public bool SendChunk(in SnapshotDemand demand, ReadOnlyMemory<byte> bytes, LogIndex? completeAt) =>
        IsLeader && Sending.Send(demand, bytes, completeAt);

    /// <summary>
    /// Forgets entries that are applied. The owner releases what of them is not live once this is written.
    /// </summary>
    public void Compact(LogIndex index)
    {
        if (index <= Log.CompactedIndex)
            return;
        Invariant.Holds(index <= Log.Applied, "what is not applied is to be compacted");
        Log.Compact(index);
        _isStateChanged = true;
    }

    /// <summary>What is to be done; false if nothing. Everything that came in one turn is in one.</summary>
    public bool TakeReady(Ready ready)
    {
        ready.Clear();
        // A crash takes back that it leads only together with all that rests on it: there is nobody else whom it could
        // have told, and no member is added before an entry of the term is committed, and so durable.
        if (Options.LeadsAtOnceAlone && Role == RaftRole.Candidate && !_isStateChanged && IsPromotable
            && Members.Members.Length == 1 && Members.IsVoter(Self) && Log.MembersIndex <= Log.Commit)
            BecomeLeader();
        if (IsLeader)
            Replication.Send();
        _receiving.Take(ready);
        Sending.Take(ready);
        Log.TakeUnwritten(ready);
        if (_isStateChanged)
            ready.State = State();
        _isStateChanged = false;
        (ready.BecameSound, BecameSound) = (BecameSound, false);
        ready.Committed = Log.TakeCommitted();
        _barriers.Take(ready);
        ready.Messages.AddRange(_messages);
        ready.DurableMessages.AddRange(_durableMessages);
        _messages.Clear();
        _durableMessages.Clear();
        if (ready.IsEmpty)
            return false;
        ready.Number = ++_number;
        if (ready.Writes)
            _writes.Add(ready.Number, Log.LastIndex, Term, Vote);
        return true;
    }

    /// <summary>All that this Ready and those before it wrote is durable.</summary>
    public void Persisted(long number)
    {
        Invariant.Holds(number <= _number, "a Ready is reported that was not taken");
        if (!_writes.TryComplete(number, out LogIndex last, out Term term, out NodeId vote))
            return;
        Log.DurableTo(last);
        (DurableTerm, DurableVote) = (term, vote);
        _areLossesDurable = true;
        _elections.OnPersisted();
        _receiving.OnPersisted();
        if (IsLeader)
            Replication.AdvanceCommit();
        Log.DropPayloads(Options.PayloadBytes);
    }

    /// <summary>The owner has applied what was handed out, up to here.</summary>
    public void Applied(LogIndex index)
    {
        Log.AppliedTo(index);
        Log.DropPayloads(Options.PayloadBytes);
    }

    /// <summary>What would be written now (<see cref="HardStateFormat"/>).</summary>
    public HardState State() => new()
    {
        Term = Term,
        Vote = Vote,
        Losses = Losses,
        Commit = Log.Commit,
        CompactedIndex = Log.CompactedIndex,
        CompactedTerm = Log.CompactedTerm,
        Members = Log.CompactedMembers,
    };

    // A crash must not take back a count that was told: the leader would take what comes with a lower one for old. The
    // state that has it is in what is written first. What a start has found, the next finds until it is written.
    internal void Send(NodeId to, RaftMessage message)
    {
        bool waits = !_areLossesDurable && message is AppendAnswer or SnapshotAnswer;
        (waits ? _durableMessages : _messages).Add(new Outgoing(to, message));
    }

    internal void SendDurable(NodeId to, RaftMessage message) => _durableMessages.Add(new Outgoing(to, message));

    /// <summary>The compacted index changed with what lies before it.</summary>
    internal void NoteStateChanged() => _isStateChanged = true;

    internal void NoteTruncated(LogIndex from) => _writes.TruncateFrom(from);

    internal void SetSoundness(Soundness soundness) => Soundness = soundness;

    internal void SetVote(NodeId vote)
    {
        Vote = vote;
        _isStateChanged = true;
    }

    internal void BecomeFollower(Term term, NodeId leader)
    {
        Invariant.Holds(term >= Term, "a term falls");
        if (term > Term)
        {
            Term = term;
            SetVote(NodeId.None);
            _receiving.Abandon();
        }
        Role = RaftRole.Follower;
        Replication.End();
        Leader = leader;
        _elections.Restart();
        _barriers.LeaderChanged();
    }

    internal void BecomePreCandidate()
    {
        Role = RaftRole.PreCandidate;
        Leader = NodeId.None;
    }

    internal void BecomeCandidate()
    {
        Role = RaftRole.Candidate;
        Leader = NodeId.None;
        Term = Term.Next();
        SetVote(Self);
        _receiving.Abandon();
    }

    internal void BecomeLeader()
    {
        Invariant.Holds(Role == RaftRole.Candidate && IsPromotable, "who did not stand is elected");
        Role = RaftRole.Leader;
        Leader = Self;
        Replication.Begin();
        _elections.RestartWait();
        _barriers.LeaderChanged();
    }

    /// <summary>
    /// In a term of its own, as its leader would: no entry of the others in that term can be taken for this one.
    /// </summary>
    private void BeginAlone()
    {
        Invariant.Holds(Soundness == Soundness.Sound, "a member without a whole log is to go on alone");
        Term = Term.Next();
        SetVote(Self);
        ReadOnlyMemory<byte> meta = MembershipFormat.Meta(new Membership([new Member(Self, IsVoter: true)]));
        Log.Append(new RaftEntry
        {
            Index = Log.LastIndex.Next(),
            Term = Term,
            Kind = EntryKind.Membership,
            Meta = meta,
            PayloadBytes = meta.Length,
        });
    }

    /// <summary>Whoever appends, or beats, in this term leads it.</summary>
    private void Follow(NodeId leader)
    {
        Invariant.Holds(!IsLeader, "a term has two leaders");
        Invariant.Holds(Leader.IsNone || Leader == leader, "a term has two leaders");
        if (Role != RaftRole.Follower || Leader.IsNone)
            BecomeFollower(Term, leader);
        _elections.RestartWait();
    }

    /// <summary>
    /// A leader of an older term hears of ours, so that it stops; so does who asks for a vote that it will not get.
    /// </summary>
    private void AnswerOldTerm(NodeId from, RaftMessage message)
    {
        if (message is AppendRequest or SnapshotChunk)
            _following.Reject(from, default, default, default);
        else if (message is VoteRequest request)
            Send(from, new VoteAnswer(Term) { IsPreVote = request.IsPreVote, IsGranted = false });
    }
}
