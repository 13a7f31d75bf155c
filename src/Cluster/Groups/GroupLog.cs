using System.Runtime.InteropServices;
using Warren.Cluster.Consensus;
using Warren.Storage;

namespace Warren.Cluster.Groups;

/// <summary>
/// A group's part of the node log, as consensus writes it. A crash cuts the log at one record: so whatever relies on
/// another record comes behind it, and what must be there together is in one, or behind a mark that says that the group
/// is not whole.
/// <para>Every entry behind the compacted index is kept. When the index moves, the state record says so first; what of
/// the range is not live is released behind it, in one record.</para>
/// </summary>
internal sealed class GroupLog
{
    private readonly LogGroup _group;
    private readonly List<IndexRange> _releases = [];
    private long _lostEntries;
    private bool _isMarked;
    private bool _acceptsLoss;

    public GroupLog(LogGroup group, RaftGroupStart start)
    {
        _group = group;
        _lostEntries = start.LostEntries;
        _acceptsLoss = _isMarked = start.WritesSound;
        Positions = new GroupPositions(start.Raft.State.CompactedIndex, start.Positions);
        foreach (LogIndex index in start.Dead)
            Release(new IndexRange(index, index));
        if (start.IsUnsound)
            Mark();
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

    /// <summary>To be released once the next state record is written.</summary>
    public void Release(IndexRange range) => _releases.Add(range);

    /// <summary>Writes what a Ready wants written.</summary>
    /// <param name="ready">What.</param>
    /// <param name="snapshot">What it installs, by rising index, if it does.</param>
    /// <param name="isSound">Whether the member counts.</param>
    /// <param name="restored">Told where each entry of the snapshot lies.</param>
    public void Write(
        Ready ready, IEnumerable<RaftEntry> snapshot, bool isSound, Action<RaftEntry, Position> restored)
    {
        if (ready.Install is { } install)
        {
            BeginInstall(install);
            foreach (RaftEntry entry in snapshot)
                restored(entry, Append(entry));
        }
        if (ready.TruncateFrom.Value != 0)
            LastLsn = _group.Truncate(ready.TruncateFrom, ready.TruncateTerm).Lsn;
        foreach (RaftEntry entry in ready.Entries)
            Positions.Append(entry.Index, Append(entry));
        if (Planted.Is(PlantedBug.ReleasedBeforeState))
            WriteReleases();
        if (ready.State is { } state)
        {
            LastLsn = _group.SetState(HardStateFormat.Write(state)).Lsn;
            Positions.RemoveTo(state.CompactedIndex);
            WriteReleases();
            if (_acceptsLoss)
                MarkSound();
        }
        if (ready.BecameSound || (ready.Install is not null && isSound))
            MarkSound();
    }

    /// <summary>
    /// From here on the group holds a mixture, until the mark behind the state record: a start in between asks for a
    /// snapshot again.
    /// </summary>
    private void BeginInstall(SnapshotInstall install)
    {
        if (!_isMarked && !Planted.Is(PlantedBug.InstallNotMarked))
            Mark();
        if (!Planted.Is(PlantedBug.TruncationNotWritten))
            LastLsn = _group.Truncate(new LogIndex(1), default).Lsn;
        _releases.Clear();
        Positions.Reset(install.Index);
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

    private void WriteReleases()
    {
        if (_releases.Count == 0)
            return;
        _releases.Sort(static (one, other) => one.First.CompareTo(other.First));
        LastLsn = _group.Release(CollectionsMarshal.AsSpan(_releases));
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
