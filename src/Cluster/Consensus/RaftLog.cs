using Warren.Storage;

namespace Warren.Cluster.Consensus;

/// <summary>
/// The retained tail of a group's log, in memory: every entry behind the compacted index. Owned by its
/// <see cref="RaftNode"/>. Invariants: compacted ≤ applied ≤ handed out ≤ commit ≤ last; what is committed is never
/// taken back; terms do not fall with the index.
/// </summary>
public sealed class RaftLog
{
    private readonly RetainedEntries _entries = new();

    /// <summary>Memberships of the tail, by index; each holds from its entry on, committed or not.</summary>
    private readonly List<(LogIndex Index, Membership Members)> _memberships = [];

    /// <summary>The first that no <see cref="Ready"/> has handed over for writing.</summary>
    private LogIndex _unwritten;

    /// <summary>
    /// Written entries from here on were taken back, which no <see cref="Ready"/> has said yet. 0: none.
    /// </summary>
    private LogIndex _truncated;

    /// <summary>Entries below here have no payload in memory.</summary>
    private LogIndex _inMemory;

    /// <summary>Bytes of payloads in memory.</summary>
    private long _memoryBytes;

    internal RaftLog(RaftStart start)
    {
        HardState state = start.State;
        Reset(state.CompactedIndex, state.CompactedTerm, state.Members);
        Durable = CompactedIndex;
        if (start.IsUnsound)
            return;
        foreach (RaftEntry entry in start.Entries)
            Append(entry);
        _unwritten = LastIndex.Next();
        Durable = LastIndex;
        Invariant.Holds(state.Commit <= LastIndex, "the log that was recovered ends before what was committed");
        Commit = IndexSteps.Higher(state.Commit, CompactedIndex);
    }

    /// <summary>Entries up to here are not in this log; live ones are the owner's.</summary>
    public LogIndex CompactedIndex { get; private set; }

    public Term CompactedTerm { get; private set; }

    /// <summary>The members as of <see cref="CompactedIndex"/>.</summary>
    public Membership CompactedMembers { get; private set; } = Membership.Empty;

    public LogIndex LastIndex => new(CompactedIndex.Value + _entries.Count);

    public Term LastTerm => _entries.Count == 0 ? CompactedTerm : _entries[_entries.Count - 1].Term;

    /// <summary>Entries up to here are durable on this node, as they are in this log.</summary>
    public LogIndex Durable { get; private set; }

    public LogIndex Commit { get; private set; }

    /// <summary>Handed to the owner for applying.</summary>
    public LogIndex HandedOut { get; private set; }

    public LogIndex Applied { get; private set; }

    /// <summary>The members as of <see cref="LastIndex"/>: they count from the moment they are in the log.</summary>
    public Membership Members => _memberships.Count == 0 ? CompactedMembers : _memberships[^1].Members;

    /// <summary>Where <see cref="Members"/> come from; the compacted index if from before it.</summary>
    public LogIndex MembersIndex => _memberships.Count == 0 ? CompactedIndex : _memberships[^1].Index;

    /// <summary>Valid until the log changes.</summary>
    public ref readonly RaftEntry this[LogIndex index]
    {
        get
        {
            Invariant.Holds(index > CompactedIndex && index <= LastIndex, "an entry is wanted that is not in the log");
            return ref _entries[Place(index)];
        }
    }

    /// <summary>False below the compacted index and behind the last.</summary>
    public bool TryTermAt(LogIndex index, out Term term)
    {
        term = default;
        if (index < CompactedIndex || index > LastIndex)
            return false;
        term = index == CompactedIndex ? CompactedTerm : _entries[Place(index)].Term;
        return true;
    }

    public bool Matches(LogIndex index, Term term) => TryTermAt(index, out Term found) && found == term;

    /// <summary>
    /// Whether a log that ends so holds all that this one may have committed (thesis, section 3.6.1).
    /// </summary>
    public bool IsUpToDate(LogIndex lastIndex, Term lastTerm) =>
        lastTerm > LastTerm || (lastTerm == LastTerm && lastIndex >= LastIndex);

    /// <summary>The highest index up to one whose term is at most another.</summary>
    public LogIndex HighestWithin(LogIndex index, Term term)
    {
        LogIndex candidate = IndexSteps.Lower(index, LastIndex);
        while (candidate > CompactedIndex && _entries[Place(candidate)].Term > term)
            candidate = candidate.Previous();
        return candidate;
    }

    public Membership MembersAt(LogIndex index)
    {
        Invariant.Holds(index >= CompactedIndex, "members are asked for as of an index that is compacted");
        for (int place = _memberships.Count - 1; place >= 0; place--)
        {
            if (_memberships[place].Index <= index)
                return _memberships[place].Members;
        }
        return CompactedMembers;
    }

    internal void Append(in RaftEntry entry)
    {
        Invariant.Holds(entry.Index == LastIndex.Next(), "an entry is appended behind a gap");
        Invariant.Holds(entry.Term >= LastTerm, "terms fall in the log");
        if (entry.Kind == EntryKind.Membership)
        {
            bool isRead = MembershipFormat.TryRead(entry.Meta.Span, out Membership? members);
            Invariant.Holds(isRead, "an entry that changes members says nothing");
            _memberships.Add((entry.Index, members!));
        }
        _entries.Add(entry);
        if (entry.IsInMemory)
            _memoryBytes += entry.PayloadBytes;
    }

    internal void TruncateFrom(LogIndex index)
    {
        Invariant.Holds(index > Commit, "an entry that is committed is to be taken back");
        while (LastIndex >= index)
        {
            if (_entries[_entries.Count - 1] is { IsInMemory: true } last)
                _memoryBytes -= last.PayloadBytes;
            _entries.RemoveLast();
        }
        while (_memberships.Count > 0 && _memberships[^1].Index >= index)
            _memberships.RemoveAt(_memberships.Count - 1);
        _inMemory = IndexSteps.Lower(_inMemory, index);
        if (index >= _unwritten)
            return;
        _unwritten = index;
        _truncated = _truncated.Value == 0 ? index : IndexSteps.Lower(_truncated, index);
        Durable = IndexSteps.Lower(Durable, index.Previous());
    }

    /// <summary>
    /// The same, but it is written already: something else lies in the place of those entries.
    /// </summary>
    internal void TruncateWritten(LogIndex index)
    {
        Invariant.Holds(!HasUnwritten, "what is taken back has yet to be written");
        TruncateFrom(index);
        _truncated = default;
    }

    /// <summary>
    /// Forgets everything: the log begins behind an entry that is applied. Nothing counts as durable until a write of
    /// that has been reported.
    /// </summary>
    internal void Reset(LogIndex index, Term term, Membership members)
    {
        _entries.Clear();
        _memberships.Clear();
        _memoryBytes = 0;
        _truncated = default;
        _unwritten = _inMemory = index.Next();
        CompactedIndex = Commit = HandedOut = Applied = index;
        Durable = default;
        CompactedTerm = term;
        CompactedMembers = members;
    }

    /// <summary>Forgets entries that are applied, up to this one.</summary>
    internal void Compact(LogIndex index)
    {
        Invariant.Holds(index <= HandedOut, "what is not applied is to be compacted");
        bool isThere = TryTermAt(index, out Term term);
        Invariant.Holds(isThere, "what is compacted is not in the log");
        Membership members = MembersAt(index);
        while (CompactedIndex < index)
        {
            if (_entries[0] is { IsInMemory: true } first)
                _memoryBytes -= first.PayloadBytes;
            _entries.RemoveFirst();
            CompactedIndex = CompactedIndex.Next();
        }
        CompactedTerm = term;
        CompactedMembers = members;
        _memberships.RemoveAll(one => one.Index <= index);
        _unwritten = IndexSteps.Higher(_unwritten, index.Next());
        _inMemory = IndexSteps.Higher(_inMemory, index.Next());
        // What was to be taken back there has been replaced as a whole.
        if (_truncated.Value != 0)
            _truncated = IndexSteps.Higher(_truncated, index.Next());
    }

    internal bool CommitTo(LogIndex index)
    {
        if (index <= Commit)
            return false;
        Invariant.Holds(index <= LastIndex, "what is not in the log is to be committed");
        Commit = index;
        return true;
    }

    /// <summary>What is committed and was not handed out; null if nothing.</summary>
    internal IndexRange? TakeCommitted()
    {
        if (HandedOut >= Commit)
            return null;
        var range = new IndexRange(HandedOut.Next(), Commit);
        HandedOut = Commit;
        return range;
    }

    internal void AppliedTo(LogIndex index)
    {
        Invariant.Holds(index <= HandedOut, "an entry was applied that was not handed out");
        Applied = IndexSteps.Higher(Applied, index);
    }

    internal bool HasUnwritten => _truncated.Value != 0 || _unwritten <= LastIndex;

    /// <summary>Hands over what the node log does not have yet.</summary>
    internal void TakeUnwritten(Ready ready)
    {
        if (_truncated.Value != 0)
        {
            ready.TruncateFrom = _truncated;
            bool isThere = TryTermAt(_truncated.Previous(), out Term before);
            Invariant.Holds(isThere, "what is taken back follows nothing");
            ready.TruncateTerm = before;
            _truncated = default;
        }
        for (; _unwritten <= LastIndex; _unwritten = _unwritten.Next())
            ready.Entries.Add(this[_unwritten]);
    }

    internal void DurableTo(LogIndex index) => Durable = IndexSteps.Higher(Durable, index);

    /// <summary>
    /// Lets the oldest payloads go beyond a budget: only of entries that are applied here and can be read again.
    /// </summary>
    internal void DropPayloads(long budgetBytes)
    {
        LogIndex most = IndexSteps.Lower(Durable, Applied);
        for (; _memoryBytes > budgetBytes && _inMemory <= most; _inMemory = _inMemory.Next())
        {
            RaftEntry entry = this[_inMemory];
            if (!entry.IsInMemory || entry.Kind != EntryKind.Payload)
                continue;
            _memoryBytes -= entry.PayloadBytes;
            _entries[Place(_inMemory)] = entry.WithoutPayload();
        }
    }

    private int Place(LogIndex index) => (int)(index.Value - CompactedIndex.Value - 1);
}
