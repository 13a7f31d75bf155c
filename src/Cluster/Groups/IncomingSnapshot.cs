using System.Runtime.InteropServices;
using Warren.Cluster.Consensus;
using Warren.Storage;
using Warren.Storage.Collections;

namespace Warren.Cluster.Groups;

/// <summary>
/// A leader's live set on its way in (docs/decisions/0016-catching-up.md): each chunk goes to the node log as it comes,
/// beside what the member has, and makes a machine beside the one that is there. Owned by the group's turn.
/// <para>Invariants: entries from <c>_first</c> on are in the log for this snapshot alone, and a start takes them back;
/// those below are the member's own. A sound member has all below that its log shares with the leader's: what is live
/// later was live there, and machines are equal at equal indexes.</para>
/// </summary>
internal sealed class IncomingSnapshot(RaftGroup group, GroupLog log)
{
    /// <summary>So much may be written and not durable when a chunk is answered, bytes: two chunks.</summary>
    private const long MostPendingBytes = 2 * 1024 * 1024;

    /// <summary>
    /// Entries that this member let go and that come all the same are named as gone soon, since they have ended at the
    /// leader as well. More are a mistake.
    /// </summary>
    private const int MostAbsent = 65_536;

    private readonly List<IndexRange> _releases = [];
    private readonly List<IndexRange> _gone = [];
    private readonly SortedSet<long> _absent = [];
    private LazyQueue<(Lsn Lsn, long Bytes)> _written;
    private StagedMachine? _machine;
    private bool _isAnew;

    /// <summary>The first that was written. 0: none.</summary>
    private LogIndex _first;

    /// <summary>The highest that came.</summary>
    private LogIndex _last;

    /// <summary>Of what the member had below <c>_first</c>, all up to before here is kept or to be released.</summary>
    private LogIndex _next;

    private long _writtenBytes;

    /// <summary>Something has come, and it is not whole.</summary>
    public bool IsUnderWay => _machine is not null;

    /// <summary>Chunks may be answered when this is durable.</summary>
    public Lsn AnswersAt { get; private set; }

    /// <summary>Entries that are released when it is installed.</summary>
    public List<IndexRange> Releases => _releases;

    /// <summary>Whether it comes in place of what the member has, not beside it.</summary>
    public bool IsAnew => _isAnew;

    /// <summary>
    /// Takes the chunks that came; false: something that this member let go is live at the leader, and it is not what
    /// it thinks.
    /// </summary>
    public bool TryStage(Ready ready)
    {
        foreach (StagedChunk chunk in ready.Chunks)
            Stage(chunk, isInstalled: ready.Install is not null);
        return _absent.Count <= MostAbsent;
    }

    /// <summary>It is not to be whole: what was written for it goes.</summary>
    public void Drop()
    {
        if (_machine is null)
            return;
        Forget();
        if (!Planted.Is(PlantedBug.StagedNotDropped))
            log.DropStaged(_isAnew);
    }

    /// <summary>The same, but what was written is nothing to the group any more.</summary>
    public void Forget()
    {
        _machine = null;
        _first = _last = default;
        _next = new LogIndex(1);
        _writtenBytes = 0;
        AnswersAt = default;
        _releases.Clear();
        _gone.Clear();
        _absent.Clear();
        _written.Clear();
    }

    /// <summary>The last chunk has come; false as with <see cref="TryStage"/>.</summary>
    public bool TryComplete(LogIndex index)
    {
        Invariant.Holds(_machine is not null && _last <= index, "a snapshot has more than it is complete at");
        if (_absent.Count > 0)
            return false;
        if (_first.Value == 0 && _next <= index)
            _releases.Add(new IndexRange(_next, index));
        return true;
    }

    /// <summary>It has been put in place: the machine follows.</summary>
    public void Install()
    {
        _machine!.Install();
        Forget();
    }

    public void Moved(IReadOnlyList<MovedEntry> entries) => _machine?.Moved(entries);

    // With the last chunk all that the member has of the log is about to be replaced.
    private void Stage(in StagedChunk chunk, bool isInstalled)
    {
        if (chunk.Offset == 0)
            Begin(chunk.IsAnew);
        Invariant.Holds(_machine is not null, "a snapshot goes on that has not begun");
        var items = new SnapshotItems(chunk.Bytes, chunk.Offset == 0);
        while (items.TryNext(out RaftEntry entry, out LogIndex gone))
        {
            if (gone.Value > 0)
                Remove(gone);
            else
                Take(entry, isInstalled);
        }
        Invariant.Holds(items.IsSound, "a snapshot's content is of another version, or none");
        ReleaseGone();
        NoteWritten(chunk.Bytes.Length);
    }

    private void Begin(bool isAnew)
    {
        Drop();
        Forget();
        _machine = group.Owner.Stage();
        _isAnew = isAnew;
        if (!isAnew)
            return;
        log.BeginAnew();
        _first = _next;
    }

    private void Take(in RaftEntry entry, bool isInstalled)
    {
        Invariant.Holds(entry.Index > _last, "entries of a snapshot are not in order");
        _last = entry.Index;
        Position position = Position.None;
        if (_first.Value == 0 && !TryFind(entry, out position))
        {
            _absent.Add(entry.Index.Value);
            return;
        }
        if (_first.Value == 0)
            Keep(entry.Index);
        if (position.IsNone)
        {
            if (_first.Value == 0)
                BeginBeside(entry.Index, isInstalled);
            position = log.AppendStaged(entry);
        }
        _machine!.Restore(new RestoredEntry
        {
            Index = entry.Index,
            Term = entry.Term,
            Position = position,
            BodyBytes = entry.Body.Length,
            Meta = entry.Meta.Span,
            Body = entry.Body,
        });
    }

    // None: it is not here. False: it was.
    private bool TryFind(in RaftEntry entry, out Position position)
    {
        position = Position.None;
        if (entry.Index > log.Positions.Before)
        {
            if (log.Positions.Matches(entry.Index, entry.Term))
                position = log.Positions[entry.Index];
            return true;
        }
        if (!group.Owner.TryNextLive(entry.Index.Previous(), out LiveEntry live) || live.Index != entry.Index)
            return false;
        position = live.Position;
        return true;
    }

    private void Keep(LogIndex index)
    {
        if (index > _next)
            _releases.Add(new IndexRange(_next, index.Previous()));
        _next = index.Next();
    }

    // What the member has there or above is not the leader's, and so was never committed: it may go at once.
    private void BeginBeside(LogIndex first, bool isInstalled)
    {
        RaftNode node = group.Node;
        if (!isInstalled && first <= node.Log.LastIndex)
        {
            node.Log.TruncateWritten(first);
            node.NoteTruncated(first);
        }
        _first = first;
        log.BeginBeside(first, node.Log.LastTerm);
    }

    private void Remove(LogIndex index)
    {
        if (_absent.Remove(index.Value))
            return;
        _machine!.Remove(index);
        List<IndexRange> releases = _first.Value > 0 && index >= _first ? _gone : _releases;
        if (releases.Count > 0 && releases[^1].Last.Next() == index)
            releases[^1] = releases[^1] with { Last = index };
        else
            releases.Add(new IndexRange(index, index));
    }

    private void ReleaseGone()
    {
        if (_gone.Count == 0)
            return;
        _gone.Sort(static (one, other) => one.First.CompareTo(other.First));
        log.ReleaseStaged(CollectionsMarshal.AsSpan(_gone));
        _gone.Clear();
    }

    private void NoteWritten(int bytes)
    {
        _written.Enqueue((log.LastLsn, bytes));
        _writtenBytes += bytes;
        while (_writtenBytes > MostPendingBytes)
        {
            (AnswersAt, long written) = _written.Dequeue();
            _writtenBytes -= written;
        }
    }
}
