using Warren.Cluster.Consensus;
using Warren.Cluster.Consensus.Messages;
using Warren.Storage;

namespace Warren.Cluster.Groups;

/// <summary>
/// One member of one replicated group: consensus (<see cref="RaftNode"/>) over a group of the node log. Owned by the
/// turn of whoever owns the group, and only ever called there. Calls gather; <see cref="Flush"/> at the end of a turn
/// carries out what came of them: writes, then messages, then entries to apply. Nothing waits for a disk.
/// <para>How an owner uses it. At a start it derives from <see cref="RaftGroupOwner"/>, makes a <see
/// cref="RaftGroupStart"/> (which hands it what is live), opens its group of the node log and makes the group. It posts
/// to itself what the log and the links call on other threads (<see cref="IGroupOwner"/>, messages, heartbeats) and
/// passes it on here in its turn. What it decides, while <see cref="MayDecide"/>, it proposes, and changes its machine
/// only in <see cref="RaftGroupOwner.Apply"/>: in a group of one that is before the next <see cref="Flush"/> returns;
/// answers wait for <see cref="RaftGroupOwner.Committed"/>. Now and then it compacts, and says what is still live.
/// </para>
/// Invariants: every entry behind the compacted index is in the node log until it is compacted; what is given to the
/// owner is never taken back, but by <see cref="RaftGroupOwner.Reset"/>.
/// </summary>
public sealed class RaftGroup
{
    private readonly RaftGroupOwner _owner;
    private readonly RaftOptions _options;
    private readonly Random _random;
    private readonly GroupLog _log;
    private readonly PayloadReading _reading;
    private readonly ReadysInFlight _inFlight = new();
    private readonly LaggingAppends _appends;
    private readonly OutgoingSnapshots _snapshots;
    private readonly IncomingSnapshot _incoming;
    private readonly HashSet<long> _barriers = new(0);
    private readonly StrangerReports _strangers;
    private RaftNode _node;
    private Lsn _durable;
    private bool _isFlushing;
    private bool _hasFailed;

    /// <summary>The owner was told that all up to here is committed.</summary>
    private LogIndex _told;

    /// <param name="start">What recovery found, or nothing.</param>
    /// <param name="options">The same for all members.</param>
    /// <param name="random">Draws the waits before elections; of this group alone.</param>
    /// <param name="log">The group's way into the node log.</param>
    /// <param name="owner">Is called from the first <see cref="Flush"/> on.</param>
    public RaftGroup(RaftGroupStart start, RaftOptions options, Random random, LogGroup log, RaftGroupOwner owner)
    {
        _owner = owner;
        _options = options;
        _random = random;
        _log = new GroupLog(log, start);
        _reading = new PayloadReading(log.Id, owner);
        _appends = new LaggingAppends(this);
        _snapshots = new OutgoingSnapshots(this);
        _incoming = new IncomingSnapshot(this, _log);
        _strangers = new StrangerReports(owner);
        _node = new RaftNode(start.At(log.Boot), options, random);
        Applied = _told = _node.Log.CompactedIndex;
        if (start.WritesState)
            _node.NoteStateChanged();
    }

    public GroupId Id => _log.Id;

    public bool IsLeader => _node.IsLeader;

    /// <summary>The leader, as far as it is known.</summary>
    public NodeId Leader => _node.Leader;

    public Term Term => _node.Term;

    public Membership Members => _node.Members;

    public Soundness Soundness => _node.Soundness;

    /// <summary>What the owner has of the log.</summary>
    public LogIndex Applied { get; private set; }

    public LogIndex Commit => _node.Log.Commit;

    public LogIndex CompactedIndex => _node.Log.CompactedIndex;

    public LogIndex LastIndex => _node.Log.LastIndex;

    /// <summary>
    /// This leads, and the owner has all that was decided before its term: with what it has proposed since, which may
    /// not be applied yet, it knows all that there is.
    /// </summary>
    public bool MayDecide => (IsAlone || _node.HasCommittedInTerm)
        && _node.Log.TryTermAt(Applied, out Term term) && term == _node.Term;

    /// <summary>
    /// This leads, and is the only one that votes: what it appends cannot be taken back but by a crash of this node,
    /// which takes the owner's machine along.
    /// </summary>
    public bool IsAlone => _node.IsLeader && _node.Members.Voters == 1 && _node.Members.IsVoter(_node.Self);

    /// <summary>What is to be seen of the log and of the other members.</summary>
    public GroupView View => new(this);

    /// <summary>This member's log is on stable storage up to here.</summary>
    public LogIndex DurableIndex => _node.Log.Durable;

    /// <summary>The next batch of heartbeats should not wait for its time.</summary>
    public bool WantsHeartbeat => _node.WantsHeartbeat;

    /// <summary>What <see cref="Durable"/> should be called for next; null: nothing is awaited.</summary>
    public Lsn? Awaited => _inFlight.First;

    /// <summary>
    /// Up to here compaction costs no member that is heard from a whole snapshot; one that is slow holds it back.
    /// </summary>
    public LogIndex CompactionLimit => IndexSteps.Lower(_node.CompactionLimit, CompactionMost);

    /// <summary>The highest index that may be compacted.</summary>
    public LogIndex CompactionMost => _snapshots.Limit(IndexSteps.Lower(_node.Log.Applied, _node.Log.Durable));

    /// <summary>
    /// Where heartbeats find the group, once it is registered (<see cref="GroupHeartbeats.Register"/>). Without one,
    /// its owner carries each heartbeat and tick to it.
    /// </summary>
    public HeartbeatSlot? Heartbeats { get; set; }

    internal RaftNode Node => _node;
    internal RaftGroupOwner Owner => _owner;
    internal RaftOptions Options => _options;
    internal PayloadReading Reading => _reading;
    internal GroupPositions Positions => _log.Positions;
    internal IncomingSnapshot Incoming => _incoming;

    private LogIndex MayApply => IsAlone ? _node.Log.LastIndex : _node.Log.HandedOut;

    public void Step(NodeId from, RaftMessage message)
    {
        // What a candidate is told depends on whether the leader was heard, and by heartbeats alone the turn knows not.
        if (message is VoteRequest)
            Heartbeats?.TellHeard(_node);
        _node.Step(from, message);
        _strangers.Note(from, _node.Dropped);
    }

    /// <summary>A leader's heartbeat; the answer goes back with other groups'.</summary>
    public HeartbeatAnswer Step(NodeId from, Heartbeat heartbeat)
    {
        HeartbeatAnswer answer = _node.Step(from, heartbeat);
        _strangers.Note(from, _node.Dropped);
        return answer;
    }

    public void Step(NodeId from, HeartbeatAnswer answer)
    {
        _node.Step(from, answer);
        _strangers.Note(from, _node.Dropped);
    }

    /// <summary>What goes to a member in the next batch of heartbeats; false: nothing.</summary>
    public bool TryHeartbeat(NodeId to, out Heartbeat heartbeat) => _node.TryHeartbeat(to, out heartbeat);

    public void Tick() => _node.Tick();

    /// <inheritdoc cref="RaftNode.Campaign"/>
    public void Campaign() => _node.Campaign();

    /// <summary>
    /// Puts what the owner has decided behind the log, all or nothing; false: this does not lead, or must not go on
    /// yet. Payloads must not change until they are applied and durable.
    /// </summary>
    public bool TryPropose(ReadOnlySpan<EntryPayload> payloads, out LogIndex first) =>
        _node.TryPropose(payloads, out first);

    /// <summary>
    /// What heartbeats have gathered for the group: in its turn, when <see cref="HeartbeatSlot"/> has called for it.
    /// </summary>
    public void TakeHeartbeats() => Heartbeats?.Deliver(this);

    public ChangeOutcome ChangeMembers(MembershipChange change)
    {
        Heartbeats?.TellHeard(_node);
        return _node.ChangeMembers(change);
    }

    public bool TransferLeadership(NodeId to) => _node.TransferLeadership(to);

    /// <summary>
    /// Asks to be told (<see cref="RaftGroupOwner.Barrier"/>) when all is applied here that was committed before now.
    /// </summary>
    public void RequestBarrier(long id)
    {
        _barriers.Add(id);
        _node.RequestBarrier(id);
    }

    /// <summary>
    /// Forgets the entries up to an index, of which some are live: the others are released. A crash leaves all of that,
    /// or nothing.
    /// </summary>
    /// <param name="index">At most <see cref="CompactionMost"/>.</param>
    /// <param name="live">What is live of the entries behind <see cref="CompactedIndex"/>, rising.</param>
    /// <param name="released">Entries at or below <see cref="CompactedIndex"/> that are live no more.</param>
    public void Compact(LogIndex index, ReadOnlySpan<LogIndex> live, ReadOnlySpan<IndexRange> released)
    {
        Flush();
        LogIndex before = _node.Log.CompactedIndex;
        if (_hasFailed || index <= before)
            return;
        Invariant.Holds(index <= CompactionMost, "what is not applied and durable is to be compacted");
        LogIndex next = before.Next();
        foreach (LogIndex one in live)
        {
            Invariant.Holds(one >= next && one <= index, "live entries are not in order");
            if (Planted.Is(PlantedBug.LiveEntryReleased) && one == live[^1])
                continue;
            if (one > next)
                _log.Release(new IndexRange(next, one.Previous()));
            next = one.Next();
        }
        if (next <= index)
            _log.Release(new IndexRange(next, index));
        foreach (IndexRange range in released)
        {
            Invariant.Holds(range.Last <= before, "an entry is released that is not compacted");
            _log.Release(range);
        }
        _node.Compact(index);
        Flush();
    }

    /// <summary>
    /// Writes how far the group is committed, behind all that was appended before this and in front of what comes: a
    /// start that finds what was appended later applies at least up to here.
    /// </summary>
    public void NoteCommit()
    {
        _node.NoteStateChanged();
        Flush();
    }

    /// <summary>The node log has the group up to here (<see cref="IGroupOwner.Durable"/>).</summary>
    public void Durable(Lsn lsn)
    {
        _durable = lsn > _durable ? lsn : _durable;
        if (_inFlight.TryTakeNumber(_durable, out long number))
            _node.Persisted(number);
    }

    /// <summary>
    /// An entry of the owner's is live no more: whoever was sent it in a snapshot that goes on will be told. Of each
    /// that ends, when what ends it is applied.
    /// </summary>
    public void Ended(LogIndex index) => _snapshots.Ended(index);

    /// <summary>The owner drives it no more.</summary>
    public void Close() => _snapshots.Clear();

    /// <summary>Entries were copied (<see cref="IGroupOwner.Moved"/>).</summary>
    public void Moved(MovedEntries moves)
    {
        foreach (MovedEntry moved in moves.Entries)
            _log.Positions.Move(moved);
        _owner.Moved(moves.Entries);
        _incoming.Moved(moves.Entries);
        _reading.Complete(moves);
    }

    /// <summary>A read that the owner was asked for has run.</summary>
    public void Complete(PayloadRead read)
    {
        try
        {
            _reading.Complete(read);
        }
        catch (StorageFailedException)
        {
            _hasFailed = true;
        }
    }

    /// <inheritdoc cref="RaftNode.Reconnected"/>
    public void Reconnected(NodeId member) => _node.Reconnected(member);

    /// <summary>Carries out whatever has come of the calls before.</summary>
    public void Flush()
    {
        if (_isFlushing || _hasFailed)
            return;
        (_isFlushing, Ready ready) = (true, Ready.Borrow());
        try
        {
            do
            {
                SendHeld();
                while (_node.TakeReady(ready))
                    CarryOut(ready);
            }
            while (Apply());
            if (!_node.IsLeader)
                _snapshots.Clear();
            _snapshots.Forget();
            _snapshots.SendLastChunks();
            ReadNext();
            Heartbeats?.Publish(_node);
        }
        catch (StorageFailedException)
        {
            // The node is stopping, and its watcher has said so. Nobody is told anything any more.
            _hasFailed = true;
        }
        finally
        {
            ready.GiveBack();
            _isFlushing = false;
        }
        // A last chunk or an answer that was read may have gone to the node meanwhile.
        if (_node.HasMessages && !_hasFailed)
            Flush();
    }

    /// <summary>
    /// This member was removed, and that is committed: what it has goes from the disk at once, but for its term and
    /// vote. It counts for nothing until a leader that has added it again brings it the whole. With the next
    /// <see cref="Flush"/>.
    /// </summary>
    /// <exception cref="StorageFailedException">The log has failed.</exception>
    public void GiveUp()
    {
        BecomeUnsound(null);
        _log.TakeBackAll();
    }

    /// <summary>
    /// Something that this member has, and may have answered for, cannot be read: as after a start that finds damage,
    /// it keeps out until a leader has brought it the whole. With the next <see cref="Flush"/>.
    /// </summary>
    /// <param name="problem">What the owner is told of that; null: nothing.</param>
    public void BecomeUnsound(string? problem)
    {
        if (problem is not null)
            _owner.Unsound(problem);
        HardState state = _node.State();
        _log.MarkUnsound(state.CompactedIndex);
        _owner.Reset();
        _inFlight.Clear();
        _appends.Clear();
        _incoming.Forget();
        _snapshots.Clear();
        _reading.Forget();
        _strangers.Restart();
        _node = new RaftNode(
            RaftStart.LostNow(_node.Self, state with { Commit = state.CompactedIndex }),
            _options,
            _random)
        { IsBarred = _node.IsBarred };
        Applied = _told = state.CompactedIndex;
        long[] unanswered = [.. _barriers];
        _barriers.Clear();
        foreach (long id in unanswered)
            _owner.Barrier(new BarrierOutcome(id, default));
    }

    private void CarryOut(Ready ready)
    {
        // Before anybody can act on what is sent here: heartbeats are answered from this.
        Heartbeats?.Publish(_node);
        if ((ready.Writes || ready.DropsStaged || ready.Chunks.Count > 0) && !TryWrite(ready))
        {
            BecomeUnsound("what its leader has and sent no more, since this member should have it, is missing here");
            return;
        }
        if (ready.BecameSound)
            _owner.Sound();
        foreach (Outgoing message in ready.Messages)
        {
            if (message.Message is SnapshotAnswer { Outcome: SnapshotOutcome.Continue })
                _inFlight.Hold(_incoming.AnswersAt, message);
            else
                _appends.Send(message);
        }
        foreach (Outgoing message in ready.DurableMessages)
        {
            if (Planted.Is(PlantedBug.MessageBeforeWrite))
                _appends.Send(message);
            else
                _inFlight.Hold(_log.LastLsn, message);
        }
        foreach (BarrierOutcome outcome in ready.Barriers)
        {
            _barriers.Remove(outcome.Id);
            _owner.Barrier(outcome);
        }
        foreach (SnapshotDemand demand in ready.Demands)
            _snapshots.Demand(demand);
        SendHeld();
    }

    // False: the member lacks what it should have.
    private bool TryWrite(Ready ready)
    {
        if (ready.DropsStaged)
            _incoming.Drop();
        if (ready.Install is { } install)
        {
            if (!_incoming.TryStage(ready) || !_incoming.TryComplete(install.Index))
                return false;
            _log.Install(install, _incoming);
            _incoming.Install();
            Applied = _told = install.Index;
        }
        Invariant.Holds(
            ready.TruncateFrom.Value == 0 || ready.TruncateFrom > Applied, "what is applied is to be taken back");
        _log.Write(ready, _node.Soundness == Soundness.Sound);
        // Behind the entries that came with it: they are compared with what is there.
        if (ready.Install is null && !_incoming.TryStage(ready))
            return false;
        _inFlight.Add(_log.LastLsn, ready.Number);
        return true;
    }

    private void SendHeld()
    {
        while (_inFlight.TryTakeMessage(_durable, out Outgoing message))
            _appends.Send(message);
    }

    /// <summary>Gives the owner what it may have now; true if that was anything.</summary>
    private bool Apply()
    {
        LogIndex before = Applied;
        while (Applied < MayApply && _node.Entry(Applied.Next()).IsInMemory)
            Apply(_node.Entry(Applied.Next()));
        return TellApplied() || Applied > before;
    }

    private void Apply(in RaftEntry entry)
    {
        Applied = entry.Index;
        if (entry.Kind != EntryKind.Payload)
            return;
        _owner.Apply(new AppliedEntry(
            entry.Index, entry.Term, _log.Positions[entry.Index], entry.Meta, entry.Body));
    }

    private bool TellApplied()
    {
        LogIndex applied = IndexSteps.Lower(Applied, _node.Log.HandedOut);
        if (applied > _node.Log.Applied)
            _node.Applied(applied);
        if (applied <= _told)
            return false;
        _told = applied;
        _owner.Committed(applied);
        return true;
    }

    /// <summary>Goes on with whoever waits for payloads: the machine, followers, snapshots.</summary>
    private void ReadNext()
    {
        while (!_reading.IsBusy)
        {
            if (!ReadToApply() && !_appends.ReadNext() && !_snapshots.ReadNext())
                return;
        }
    }

    private bool ReadToApply()
    {
        if (Applied >= MayApply || _node.Entry(Applied.Next()).IsInMemory)
            return false;
        var wanted = new List<LiveEntry>();
        int bytes = 0;
        for (LogIndex index = Applied.Next(); index <= MayApply; index = index.Next())
        {
            RaftEntry entry = _node.Entry(index);
            if (entry.IsInMemory || bytes > _options.SnapshotChunkBytes)
                break;
            wanted.Add(new LiveEntry(index, _log.Positions[index], entry.PayloadBytes));
            bytes += entry.SizeBytes;
        }
        _reading.Begin(wanted, ApplyRead);
        return true;
    }

    private void ApplyRead(PayloadRead read)
    {
        foreach (RaftEntry entry in read.Entries)
        {
            if (entry.Index == Applied.Next())
                Apply(entry);
        }
        if (read.Outcome != ReadOutcome.Whole)
            BecomeUnsound(read.Unreadable.ToString());
        else
            TellApplied();
    }
}
