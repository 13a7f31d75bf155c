using Warren.Cluster.Consensus;
using Warren.Storage;

namespace Warren.Cluster.Groups;

/// <summary>
/// Reads what the node log has of a group: what lies at or below the compacted index is the owner's, what lies behind
/// is the log of consensus.
/// </summary>
internal sealed class GroupRecovery(RecoveredGroup found, RaftGroupOwner owner)
{
    private readonly List<RaftEntry> _entries = [];
    private readonly List<Position> _positions = [];
    private readonly List<(SharedBody? Body, byte[] Meta)> _more = [];
    private readonly List<LogIndex> _dead = [];
    private readonly List<LogIndex> _staged = [];
    private bool _isIncomplete;

    /// <summary>Null: there is none, or it cannot be read.</summary>
    public HardState? State { get; private set; }

    /// <summary>Not all is there that should be.</summary>
    public bool IsUnsound => _isIncomplete || found.IsUnsound || owner.HasUnreadable;

    public IReadOnlyList<RaftEntry> Entries => _entries;

    public IReadOnlyList<Position> Positions => _positions;

    /// <summary>Entries of consensus itself that were compacted and are still there.</summary>
    public IReadOnlyList<LogIndex> Dead => _dead;

    public LogIndex LastIndex => IndexSteps.Higher(found.LastIndex, State?.CompactedIndex ?? default);

    public Term LastTerm => State is { } state && state.CompactedTerm > found.LastTerm
        ? state.CompactedTerm
        : found.LastTerm;

    public void Read()
    {
        if (!found.State.IsEmpty)
        {
            bool isRead = HardStateFormat.TryRead(found.State.Span, out HardState? state);
            Invariant.Holds(isRead, $"the state of group {found.Id} is of another version");
            State = state;
        }
        else if (found.LastTerm.Value > 0)
        {
            // Terms come with consensus, and it never writes an entry before its state. What is whose cannot be told.
            _isIncomplete = true;
            return;
        }
        LogIndex compacted = State?.CompactedIndex ?? found.LastIndex;
        while (found.TryNext(out RecoveredEntry entry))
        {
            if (State is { Installing.Value: > 0 } && entry.Index >= State.Installing)
            {
                _staged.Add(entry.Index);
                continue;
            }
            if (entry.Index > compacted)
                Keep(entry);
            else if (entry.Term.Value > 0 && IsOwn(entry.Meta))
                _dead.Add(entry.Index);
            else
                Restore(entry);
        }
        if (State is not null && State.Commit.Value > State.CompactedIndex.Value + _entries.Count)
            _isIncomplete = true;
    }

    /// <summary>Entries of the log whose payloads cannot be read make it unsound.</summary>
    public void FindUnreadable(Func<LiveEntry, bool> canRead)
    {
        for (int place = 0; place < _entries.Count && !_isIncomplete; place++)
        {
            RaftEntry entry = _entries[place];
            if (!entry.IsInMemory)
                _isIncomplete = !canRead(new LiveEntry(entry.Index, _positions[place], entry.PayloadBytes));
        }
    }

    /// <summary>This is the only member, as far as what is left can tell.</summary>
    public bool IsAlone(NodeId self)
    {
        if (State is null)
            return found.LastTerm.Value == 0;
        foreach ((_, byte[] meta) in _more)
        {
            if (MembershipFormat.TryRead(meta, out Membership? members) && !IsOnly(members!, self))
                return false;
        }
        return IsOnly(State.Members, self);
    }

    /// <summary>By the newest membership this member is the only one that votes. Others may be learning.</summary>
    public bool VotesAlone(NodeId self)
    {
        if (State is null or { Installing.Value: > 0 })
            return false;
        bool isAlone = IsOnlyVoter(State.Members, self);
        foreach ((_, byte[] meta) in _more)
        {
            if (MembershipFormat.TryRead(meta, out Membership? members))
                isAlone = IsOnlyVoter(members!, self);
        }
        return isAlone;
    }

    /// <summary>
    /// Up to here the log is committed: as the state has noted, or because this member was the only one that voted when
    /// an entry came, and has it. Nobody can have been elected without this member's vote since, and it votes for
    /// nobody who has less.
    /// </summary>
    public LogIndex Committed(NodeId self)
    {
        HardState state = State!;
        LogIndex committed = state.Commit;
        if (state.Installing.Value > 0)
            return committed;
        bool isAlone = IsOnlyVoter(state.Members, self);
        LogIndex index = state.CompactedIndex;
        foreach ((_, byte[] meta) in _more)
        {
            index = index.Next();
            if (MembershipFormat.TryRead(meta, out Membership? members))
                isAlone = IsOnlyVoter(members!, self);
            if (isAlone)
                committed = IndexSteps.Higher(committed, index);
        }
        return committed;
    }

    /// <summary>What lies behind the compacted index is the owner's too.</summary>
    public void TakeOver()
    {
        if (Planted.Is(PlantedBug.OldEntriesDropped))
            owner.Reset();
        // Of a snapshot that was not put in place.
        _dead.AddRange(_staged);
        for (int place = 0; place < _entries.Count; place++)
        {
            RaftEntry entry = _entries[place];
            if (entry.Kind != EntryKind.Payload)
            {
                _dead.Add(entry.Index);
                continue;
            }
            owner.Restore(new RestoredEntry
            {
                Index = entry.Index,
                Term = entry.Term,
                Position = _positions[place],
                BodyBytes = entry.PayloadBytes - _more[place].Meta.Length,
                SharedBody = _more[place].Body,
                IsOfLog = true,
                Meta = _more[place].Meta,
            });
        }
    }

    // Who waits to be added to a group has nobody in it, and is not alone.
    private static bool IsOnly(Membership members, NodeId self) =>
        members.Members.Length == 1 && members.IsVoter(self);

    private static bool IsOnlyVoter(Membership members, NodeId self) => members.Voters == 1 && members.IsVoter(self);

    private static bool IsOwn(ReadOnlySpan<byte> meta) =>
        !MembershipFormat.TryKind(meta, out EntryKind kind) || kind != EntryKind.Payload;

    private void Keep(in RecoveredEntry entry)
    {
        byte[] meta = entry.Meta.ToArray();
        bool isKnown = MembershipFormat.TryKind(meta, out EntryKind kind);
        Invariant.Holds(isKnown, $"entry {entry.Index} of group {found.Id} is of another version");
        _isIncomplete |= entry.Index.Value != State!.CompactedIndex.Value + _entries.Count + 1;
        int bodyBytes = entry.SharedBody?.SizeBytes ?? entry.BodyBytes;
        _entries.Add(new RaftEntry
        {
            Index = entry.Index,
            Term = entry.Term,
            Kind = kind,
            Meta = bodyBytes == 0 ? meta : default(ReadOnlyMemory<byte>),
            PayloadBytes = meta.Length + bodyBytes,
        });
        _positions.Add(entry.Position);
        _more.Add((entry.SharedBody, meta));
    }

    private void Restore(in RecoveredEntry entry) => owner.Restore(new RestoredEntry
    {
        Index = entry.Index,
        Term = entry.Term,
        Position = entry.Position,
        BodyBytes = entry.SharedBody?.SizeBytes ?? entry.BodyBytes,
        SharedBody = entry.SharedBody,
        Meta = entry.Meta,
    });
}
