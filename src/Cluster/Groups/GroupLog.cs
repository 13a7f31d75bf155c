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

    public GroupLog(LogGroup group, RaftGroupStart start)
    {
        _group = group;
        _lostEntries = start.LostEntries;
        _acceptsLoss = _isMarked = start.WritesSound;
        _state = start.Raft.State;
        Positions = new GroupPositions(start);
        foreach (LogIndex index in start.Dead)
            Release(new IndexRange(index, index));
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

    /// <summary>Writes what a Ready wants written.</summary>
    /// <param name="ready">What.</param>
    /// <param name="snapshot">What it installs, if it does.</param>
    /// <param name="isSound">Whether the member counts.</param>
    /// <param name="restored">Told where each entry of the snapshot lies.</param>
    public void Write(
        Ready ready, SnapshotPlacing? snapshot, bool isSound, Action<RaftEntry, Position> restored)
    {
        if (ready.Install is { } install)
        {
            if (isSound && !_isMarked && snapshot!.IsWhole)
                InstallBeside(install, snapshot, restored);
            else
                InstallAnew(install, snapshot!, restored);
        }
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

    /// <summary>
    /// Beside the log that is there, from where the two differ. A crash before the state record leaves the member as it
    /// was, but for entries that could not be committed any more: what it has acknowledged it still has.
    /// </summary>
    private void InstallBeside(
        SnapshotInstall install, SnapshotPlacing snapshot, Action<RaftEntry, Position> restored)
    {
        LogIndex first = snapshot.FirstMissing(install.Index);
        _releases.Clear();
        if (!Planted.Is(PlantedBug.InstallNotNamed))
            SetState(_state with { Installing = first });
        var next = new LogIndex(1);
        foreach ((RaftEntry entry, Position position) in snapshot.Entries)
        {
            restored(entry, entry.Index < first ? position : Append(entry));
            if (entry.Index > next)
                Release(new IndexRange(next, entry.Index.Previous()));
            next = entry.Index.Next();
        }
        if (!Planted.Is(PlantedBug.TruncationNotWritten))
            LastLsn = _group.Truncate(install.Index.Next(), install.Term).Lsn;
        if (next <= install.Index)
            Release(new IndexRange(next, install.Index));
        Positions.Reset(install.Index);
    }

    /// <summary>
    /// In the place of whatever is there. Until the mark behind the state record the group holds a mixture, and a start
    /// asks for a snapshot again.
    /// </summary>
    private void InstallAnew(
        SnapshotInstall install, SnapshotPlacing snapshot, Action<RaftEntry, Position> restored)
    {
        if (!_isMarked)
            Mark();
        if (!Planted.Is(PlantedBug.TruncationNotWritten))
            LastLsn = _group.Truncate(new LogIndex(1), default).Lsn;
        _releases.Clear();
        Positions.Reset(install.Index);
        foreach ((RaftEntry entry, _) in snapshot.Entries)
            restored(entry, Append(entry));
    }

    private void SetState(HardState state)
    {
        _state = state;
        LastLsn = _group.SetState(HardStateFormat.Write(state), CollectionsMarshal.AsSpan(_releases)).Lsn;
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
        SetState(state);
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
