using System.Runtime.InteropServices;
using Warren.Cluster.Consensus;
using Warren.Storage;

namespace Warren.Cluster.Groups;

/// <summary>
/// A group's part of the node log, as consensus writes it. A crash cuts the log at one record: so whatever relies on
/// another record comes behind it, and what must be there together is in one, or behind one that says that it is not
/// whole yet.
/// <para>Every entry behind the compacted index is kept. When the index moves, the state record that says so also
/// releases what of the range is not live.</para>
/// </summary>
internal sealed class GroupLog
{
    private readonly LogGroup _group;
    private readonly List<IndexRange> _releases = [];
    private HardState _state;
    private long _lostEntries;
    private bool _isMarked;
    private bool _acceptsLoss;

    /// <summary>Entries from here on are of a snapshot that is not whole. 0: there are none.</summary>
    private LogIndex _installing;

    /// <summary>The term of the entry before.</summary>
    private Term _installingBehind;

    public GroupLog(LogGroup group, RaftGroupStart start)
    {
        _group = group;
        _lostEntries = start.LostEntries;
        _acceptsLoss = _isMarked = start.WritesSound;
        _state = start.Raft.State with { Installing = default };
        Positions = new GroupPositions(start);
        foreach (LogIndex index in start.Dead)
            Release(new IndexRange(index, index));
        foreach (IndexRange range in start.Released)
            Release(range);
        if (start.IsUnsound)
            Mark();
        else if (start.TakesBackFrom.Value != 0)
            LastLsn = group.Truncate(start.TakesBackFrom, start.TakesBackBehind).Lsn;
    }

    public GroupId Id => _group.Id;

    /// <summary>Of the last record; 0: none yet.</summary>
    public Lsn LastLsn { get; private set; }

    public GroupPositions Positions { get; }

    /// <summary>Something of the group cannot be read any more.</summary>
    public void MarkUnsound(LogIndex compacted)
    {
        _lostEntries++;
        _releases.Clear();
        _installing = default;
        Positions.Reset(compacted);
        Mark();
    }

    /// <summary>All entries go, of a group that is marked as unsound; a crash leaves them all, or none.</summary>
    public void TakeBackAll()
    {
        Invariant.Holds(_isMarked, "a member that counts gives up what it has");
        LastLsn = _group.Truncate(new LogIndex(1), default).Lsn;
    }

    /// <summary>To be released with the next state record.</summary>
    public void Release(IndexRange range) => _releases.Add(range);

    /// <summary>
    /// Entries of a snapshot come beside the log that is there, from where the two differ. A crash before it is
    /// installed leaves the member as it was, but for entries that could not be committed any more: what it has
    /// acknowledged it still has.
    /// </summary>
    /// <param name="first">Where.</param>
    /// <param name="behind">The term of the member's last entry before.</param>
    public void BeginBeside(LogIndex first, Term behind)
    {
        _installing = first;
        _installingBehind = behind;
        SetState(_state, []);
    }

    /// <summary>
    /// Entries of a snapshot come in the place of whatever is there. Until the mark behind the state record that
    /// installs it the group holds a mixture, and a start asks for a snapshot again.
    /// </summary>
    public void BeginAnew()
    {
        Invariant.Holds(_isMarked, "a member that counts is given all anew");
        if (!Planted.Is(PlantedBug.TruncationNotWritten))
            TakeBackAll();
    }

    /// <summary>Writes an entry of a snapshot, behind those before, and says where it lies.</summary>
    public Position AppendStaged(in RaftEntry entry) => Append(entry);

    /// <summary>Entries that were written for a snapshot are not in it any more.</summary>
    public void ReleaseStaged(ReadOnlySpan<IndexRange> gone) => SetState(_state, gone);

    /// <summary>All that was written for a snapshot goes.</summary>
    public void DropStaged(bool isAnew)
    {
        if (isAnew)
            TakeBackAll();
        if (_installing.Value == 0)
            return;
        LastLsn = _group.Truncate(_installing, _installingBehind).Lsn;
        _installing = default;
        SetState(_state, []);
    }

    /// <summary>
    /// What was written for a snapshot is the group's, with the state record that is written next.
    /// </summary>
    public void Install(SnapshotInstall install, IncomingSnapshot snapshot)
    {
        if (!snapshot.IsAnew && !Planted.Is(PlantedBug.TruncationNotWritten))
            LastLsn = _group.Truncate(install.Index.Next(), install.Term).Lsn;
        _installing = default;
        _releases.Clear();
        _releases.AddRange(snapshot.Releases);
        Positions.Reset(install.Index);
    }

    /// <summary>Writes what a Ready wants written.</summary>
    /// <param name="ready">What.</param>
    /// <param name="isSound">Whether the member counts.</param>
    public void Write(Ready ready, bool isSound)
    {
        if (ready.TruncateFrom.Value != 0)
            LastLsn = _group.Truncate(ready.TruncateFrom, ready.TruncateTerm).Lsn;
        foreach (RaftEntry entry in ready.Entries)
            Positions.Append(entry.Index, entry.Term, Append(entry));
        if (ready.State is { } state)
        {
            WriteCompacted(state);
            Positions.RemoveTo(state.CompactedIndex);
            if (_acceptsLoss)
                MarkSound();
        }
        if (ready.BecameSound || (ready.Install is not null && isSound))
            MarkSound();
    }

    private void SetState(HardState state, ReadOnlySpan<IndexRange> releases)
    {
        _state = state;
        LogIndex installing = Planted.Is(PlantedBug.InstallNotNamed) ? default : _installing;
        LastLsn = _group.SetState(HardStateFormat.Write(state with { Installing = installing }), releases).Lsn;
    }

    private Position Append(in RaftEntry entry)
    {
        Invariant.Holds(entry.IsInMemory, "an entry is written without its payload");
        Appended appended = _group.Append(new NewEntry
        {
            Index = entry.Index,
            Term = entry.Term,
            Meta = entry.Meta.Span,
            Body = entry.Body,
            IsKept = true,
        });
        LastLsn = appended.Lsn;
        return appended.Position;
    }

    private void WriteCompacted(HardState state)
    {
        _releases.Sort(static (one, other) => one.First.CompareTo(other.First));
        if (Planted.Is(PlantedBug.ReleasedBeforeState))
        {
            foreach (IndexRange range in _releases)
                _group.Release(range);
            _releases.Clear();
        }
        SetState(state, CollectionsMarshal.AsSpan(_releases));
        _releases.Clear();
    }

    private void Mark()
    {
        LastLsn = _group.MarkUnsound(_lostEntries).Lsn;
        _isMarked = true;
    }

    private void MarkSound()
    {
        _acceptsLoss = false;
        if (!_isMarked)
            return;
        LastLsn = _group.MarkSound().Lsn;
        _isMarked = false;
        _lostEntries = 0;
    }
}
