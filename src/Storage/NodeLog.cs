using Warren.Storage.Disk;
using Warren.Storage.Log;
using Warren.Storage.Recovery;

namespace Warren.Storage;

/// <summary>
/// The one log of a node, shared by all its groups: definitions, queues. Owners append from their turns, which only
/// adds to the round that is filling; the committer (<see cref="CommitRound"/>) writes and syncs one round at a time
/// while the next one fills, so that however many groups there are, they share a sync.
/// Invariants: LSNs rise by one in the order of appending, which is the order in the files; nothing is reported durable
/// before the sync of its round has returned; after a failure nothing is appended or reported any more.
/// </summary>
public sealed class NodeLog
{
    /// <summary>
    /// Bodies below this are copied as they are appended; larger ones are written from where they lie, later.
    /// </summary>
    public const int CopiedBodyBytes = Round.CopiedBodyBytes;

    /// <summary>One fills while another is written; more come only when owners are far ahead.</summary>
    private const int SpareRounds = 2;

    private readonly NodeLogOptions _options;
    private readonly IStorageWatcher _watcher;
    private readonly Lock _lock = new();
    private readonly Dictionary<GroupId, LogGroup> _groups = [];
    // Under the lock.
    private readonly SharedBodies _bodies = new();
    private readonly Roster _roster = new();
    private readonly Action _wake;
    // Rounds that were full before the committer came to them, oldest first: none holds more than it can write at once.
    private readonly Queue<Round> _full = [];
    private readonly Stack<Round> _spares = [];
    // Groups that were dropped while the start went on: it must not mark them. Null: it is over.
    private HashSet<GroupId>? _droppedInStart = [];
    private Round _filling = new();
    private Round? _writing;
    private StorageFailedException? _failure;
    private Segment? _current;
    private long _rounds;
    private uint _lastSegment;
    private long _lastLsn;
    private long _durableLsn;
    private long _pendingBytes;
    private long _writtenBytes;
    private long _markedLsn;

    /// <param name="wake">Called, under a lock, when there is something to commit and was nothing before.</param>
    internal NodeLog(IDisk disk, NodeLogOptions options, IStorageWatcher watcher, LogStart start, Action wake)
    {
        Disk = disk;
        _options = options;
        _watcher = watcher;
        _wake = wake;
        Space = new LogSpace(start.Reserve, watcher);
        Boot = start.Boot;
        IsNew = start.IsNew;
        _lastSegment = start.LastSegment;
        _lastLsn = _durableLsn = start.LastLsn.Value;
        Segments = start.Segments;
        _roster.Apply(Segments.All().Select(segment => segment.Line(segment.End)));
        OpenSegment(start.Previous, start.PreviousEnd);
    }

    /// <summary>Everything up to here is on stable storage.</summary>
    public Lsn DurableLsn => new(Volatile.Read(ref _durableLsn));

    /// <summary>What was appended last.</summary>
    public Lsn LastLsn => new(Volatile.Read(ref _lastLsn));

    /// <inheritdoc cref="NodeLogOptions.SegmentBytes"/>
    public int SegmentBytes => _options.SegmentBytes;

    /// <summary>Appended and not yet durable.</summary>
    public long PendingBytes => Volatile.Read(ref _pendingBytes);

    /// <summary>Owners must hold publishers back until what is appended is durable; that still finds room.</summary>
    public bool IsBehind => HasMuchPending || WrittenBytes > MostWrittenBytes;

    /// <summary>What owners decide by themselves, without a client to hold back, should wait too.</summary>
    public bool HasMuchPending => PendingBytes > _options.PendingLimitBytes;

    /// <summary>Bytes of all rounds written since the start, padding not counted.</summary>
    public long WrittenBytes => Volatile.Read(ref _writtenBytes);

    internal LogSpace Space { get; }

    /// <summary>Something was found to be lost, and the marks that say so are not durable yet.</summary>
    internal bool AwaitsMarks => DurableLsn.Value < Volatile.Read(ref _markedLsn);

    internal SegmentTable Segments { get; }

    internal IDisk Disk { get; }

    /// <summary>With more <see cref="WrittenBytes"/> publishers wait: checkpoints have fallen behind.</summary>
    internal long MostWrittenBytes { get; set; } = long.MaxValue;

    /// <summary>Which start of the directory this is, from 1.</summary>
    public long Boot { get; }

    /// <summary>The directory had no log before this start: nothing that is missing in it was ever there.</summary>
    public bool IsNew { get; }

    /// <summary>Makes a group's way in. Once for a group's life in this process.</summary>
    public LogGroup OpenGroup(GroupId id, IGroupOwner owner)
    {
        var group = new LogGroup(this, id, owner);
        lock (_lock)
            _groups.Add(id, group);
        return group;
    }

    /// <summary>
    /// Writes a body that several groups will share; it is durable before any entry that names it. It stays for as long
    /// as the returned object is held, or an entry that names it is live.
    /// </summary>
    /// <param name="body">Must not change until it is durable, if it is not small enough to be copied.</param>
    /// <param name="whenWritten">Called once it may change.</param>
    public SharedBody AppendBody(ReadOnlyMemory<byte> body, Action? whenWritten = null)
    {
        var header = new RecordHeader
        {
            Kind = RecordKind.Body,
            BodyCrc = Crc32C.Of(body.Span),
            BodyBytes = body.Length,
        };
        lock (_lock)
        {
            Appended appended = Add(ref header, null, 0, [], [], body);
            _filling.AddWhenWritten(whenWritten);
            var shared = new SharedBody(appended.Lsn, appended.Position, body.Length);
            _bodies.Add(shared);
            return shared;
        }
    }

    internal Appended Append(LogGroup group, in NewEntry entry)
    {
        bool isShared = entry.SharedBody is not null;
        ReadOnlyMemory<byte> body = isShared ? default : entry.Body;
        var header = new RecordHeader
        {
            Kind = RecordKind.Entry,
            Flags = (isShared ? RecordFlags.SharedBody : 0) | (entry.IsKept ? RecordFlags.Kept : 0),
            BodyCrc = Crc32C.Of(body.Span),
            BodyBytes = body.Length,
            MetaBytes = checked((ushort)entry.Meta.Length),
            ReleaseBytes = entry.Releases.Length * RecordHeader.RangeBytes,
            Group = group.Id,
            Index = entry.Index,
            Term = entry.Term,
        };
        lock (_lock)
        {
            Appended appended =
                Add(ref header, group, entry.SharedBody?.Lsn.Value ?? 0, entry.Releases, entry.Meta, body);
            if (entry.SharedBody is { } shared)
                _filling.Hold(shared);
            _filling.AddWhenWritten(entry.WhenWritten);
            return appended;
        }
    }

    internal Appended AppendPlain(
        LogGroup group, RecordKind kind, LogIndex index, Term term, ReadOnlySpan<byte> meta,
        ReadOnlySpan<IndexRange> gone)
    {
        var header = new RecordHeader
        {
            Kind = kind,
            Group = group.Id,
            Index = index,
            Term = term,
            MetaBytes = checked((ushort)meta.Length),
            ReleaseBytes = gone.Length * RecordHeader.RangeBytes,
            BodyCrc = Crc32C.Of([]),
        };
        lock (_lock)
            return Add(ref header, group, 0, gone, meta, default);
    }

    internal Lsn Release(LogGroup group, IndexRange range)
    {
        var header = new RecordHeader { Kind = RecordKind.Release, Group = group.Id, BodyCrc = Crc32C.Of([]) };
        header.ReleaseBytes = RecordHeader.RangeBytes;
        lock (_lock)
        {
            // Behind its drop it would bring back the name of a group that is gone.
            bool isAlive = _groups.GetValueOrDefault(group.Id) == group;
            return isAlive ? Add(ref header, group, 0, [range], [], default).Lsn : default;
        }
    }

    internal Appended Drop(LogGroup group)
    {
        var header = new RecordHeader { Kind = RecordKind.Drop, Group = group.Id, BodyCrc = Crc32C.Of([]) };
        lock (_lock)
        {
            Appended appended = Add(ref header, group, 0, [], [], default);
            _groups.Remove(group.Id);
            _droppedInStart?.Add(group.Id);
            return appended;
        }
    }

    /// <summary>
    /// As <see cref="LogGroup.MarkUnsound"/>, of a group that is open, for who answers for all groups. Not during the
    /// start: the log's own marks come behind.
    /// </summary>
    public void MarkUnsound(GroupId id, long lostEntries) => Find(id)?.MarkUnsound(lostEntries);

    /// <summary>As <see cref="LogGroup.MarkSound"/>, see <see cref="MarkUnsound"/>.</summary>
    public void MarkSound(GroupId id) => Find(id)?.MarkSound();

    internal Appended AppendMark(LogGroup group, bool isUnsound, long lostEntries)
    {
        RecordHeader header = MarkRecord.Header(group.Id, isUnsound, lostEntries, 0);
        lock (_lock)
            return Add(ref header, group, 0, [], [], default);
    }

    /// <summary>
    /// Marks a group as unsound, on the log's own account, and releases what it has lost. False: it was dropped.
    /// </summary>
    internal bool TryAppendMark(GroupId group, long lostEntries, ReadOnlySpan<IndexRange> lost)
    {
        RecordHeader header = MarkRecord.Header(group, true, lostEntries, lost.Length);
        lock (_lock)
        {
            if (_droppedInStart?.Contains(group) ?? !_groups.ContainsKey(group))
                return false;
            Volatile.Write(ref _markedLsn, Add(ref header, null, 0, lost, [], default).Lsn.Value);
            return true;
        }
    }

    /// <summary>Says that every group has been marked for what is missing of the log.</summary>
    internal void AppendDamage(in ToldDamage damage)
    {
        RecordHeader header = damage.ToHeader();
        lock (_lock)
            Volatile.Write(ref _markedLsn, Add(ref header, null, 0, [], [], default).Lsn.Value);
    }

    /// <summary>The start is over: groups are there when their owners have opened them.</summary>
    internal void EndStart()
    {
        lock (_lock)
            _droppedInStart = null;
    }

    internal LogGroup? Find(GroupId id)
    {
        lock (_lock)
            return _groups.GetValueOrDefault(id);
    }

    /// <summary>What is durable now, and where it lies.</summary>
    /// <exception cref="StorageFailedException">The log has failed.</exception>
    internal LogExtent Extent()
    {
        lock (_lock)
        {
            // Copies may be in place that no roster will ever name: no checkpoint may rely on them.
            ThrowIfFailed();
            return new LogExtent(
                DurableLsn,
                [.. Segments.All().Select(segment => (segment, segment.End))],
                (_writing ?? (_full.TryPeek(out Round? full) ? full : _filling)).Segment,
                _bodies.Held());
        }
    }

    /// <summary>Makes a reader of bodies, for one thread at a time.</summary>
    public EntryReader OpenReader() => new(this);

    /// <summary>Takes note of a shared body that recovery found.</summary>
    internal void Register(SharedBody body)
    {
        lock (_lock)
            _bodies.Add(body);
    }

    /// <summary>A shared body was copied: whoever holds it reads from there now.</summary>
    internal void MoveBody(Lsn lsn, Position to)
    {
        lock (_lock)
            _bodies.Move(lsn, to);
    }

    /// <summary>A number for a segment that somebody else than the committer writes.</summary>
    internal uint TakeSegmentId()
    {
        lock (_lock)
            return ++_lastSegment;
    }

    /// <summary>Adds a change of the roster; it is in force when this LSN is durable.</summary>
    internal Lsn AppendRosterChange(IReadOnlyCollection<RosterLine> lines)
    {
        byte[] body = RosterLine.Write(lines);
        var header = new RecordHeader
        {
            Kind = RecordKind.RosterChange,
            BodyCrc = Crc32C.Of(body),
            BodyBytes = body.Length,
        };
        lock (_lock)
        {
            _roster.Apply(lines);
            return Add(ref header, null, 0, [], [], body).Lsn;
        }
    }

    /// <summary>
    /// Writes and syncs what has been appended, and tells its owners. Called by one thread at a time.
    /// </summary>
    public CommitOutcome CommitRound()
    {
        Round? round;
        lock (_lock)
        {
            if (_failure is not null)
                return CommitOutcome.Failed;
            if (_writing is null && !_full.TryDequeue(out _writing) && _filling.HasWork)
                _writing = CloseFilling();
            round = _writing;
        }
        if (round is null)
        {
            Space.Keep();
            return CommitOutcome.Idle;
        }
        if (Write(round) is { } refusal)
            return refusal;
        try
        {
            // Whatever it fails of: what was not written may never be, although the next sync succeeds.
            _current!.File.Sync();
        }
        catch (DiskException error)
        {
            Fail(error);
            return CommitOutcome.Failed;
        }
        Space.Keep();
        Complete(round);
        return CommitOutcome.Committed;
    }

    /// <summary>
    /// Checkpoints or reclaim found no space: whether there may be some now. While it is so, the watcher is told that
    /// space is exhausted. Called by their thread.
    /// </summary>
    internal bool TryFreeForBackground()
    {
        bool isFreed = Space.TryFreeForBackground();
        if (Space.IsShort)
        {
            lock (_lock)
                _wake();
        }
        return isFreed;
    }

    private Appended Add(
        ref RecordHeader header, LogGroup? group, long sharedBody, ReadOnlySpan<IndexRange> releases,
        ReadOnlySpan<byte> meta, ReadOnlyMemory<byte> body)
    {
        ThrowIfFailed();
        bool wasIdle = !_filling.HasWork && _full.Count == 0;
        if (_filling.RecordBytes + header.RecordBytes > _options.MostRoundBytes && _filling.HasWork)
            _full.Enqueue(CloseFilling());
        header.Lsn = NextLsn();
        Position position = _filling.Add(ref header, sharedBody, releases, meta, body);
        if (group is not null)
            _filling.Note(group, header.Lsn);
        Volatile.Write(ref _pendingBytes, _pendingBytes + header.RecordBytes);
        if (wasIdle)
            _wake();
        return new Appended(position, header.Lsn);
    }

    private void ThrowIfFailed()
    {
        if (_failure is not null)
            throw _failure;
    }

    private Lsn NextLsn()
    {
        Volatile.Write(ref _lastLsn, _lastLsn + 1);
        return new Lsn(_lastLsn);
    }

    private Round CloseFilling()
    {
        Round closed = _filling;
        _filling = _spares.TryPop(out Round? spare) ? spare : new Round();
        OpenNext(closed);
        return closed;
    }

    // The round behind one that has just been closed: in the same segment, or the first of the next.
    private void OpenNext(Round closed)
    {
        uint end = RoundHeader.Align(closed.End);
        if (end < _options.SegmentBytes)
            _filling.Open(++_rounds, closed.Segment, closed.Salt, end, null);
        else
        {
            uint closedEnd = checked((uint)closed.End);
            _roster.Apply(new RosterLine(closed.Segment, SegmentKind.Log, Boot, closedEnd));
            OpenSegment(closed.Segment, closedEnd);
        }
    }

    private void OpenSegment(uint previous, uint previousEnd)
    {
        var header = new SegmentHeader(++_lastSegment, Boot, SegmentKind.Log, previous, previousEnd);
        _filling.Open(++_rounds, header.Segment, header.Salt, SegmentHeader.SizeBytes, header);
        byte[] body = _roster.Write();
        var roster = new RecordHeader
        {
            Kind = RecordKind.Roster,
            BodyCrc = Crc32C.Of(body),
            BodyBytes = body.Length,
            Lsn = NextLsn(),
        };
        _filling.Add(ref roster, 0, [], [], body);
        Volatile.Write(ref _pendingBytes, _pendingBytes + roster.RecordBytes);
    }

    // Null: it is written. What a full disk keeps in reserve is given up for it.
    private CommitOutcome? Write(Round round)
    {
        while (true)
        {
            try
            {
                WriteRound(round);
                return null;
            }
            catch (DiskException error) when (error.Failure == DiskFailure.NoSpace)
            {
                if (!Space.TryFree(error))
                    return CommitOutcome.OutOfSpace;
            }
            catch (DiskException error)
            {
                Fail(error);
                return CommitOutcome.Failed;
            }
        }
    }

    private void WriteRound(Round round)
    {
        if (round.NewSegment is { } header && _current?.Id != header.Segment)
            _current = SegmentFiles.Create(Disk, header, Space.IsShort ? 0 : _options.SegmentBytes, Segments);
        _current!.File.Write(round.Start, round.Seal(DurableLsn));
        if (Planted.Is(PlantedBug.ConfirmBeforeSync))
            round.TellDurable();
    }

    private void Complete(Round round)
    {
        lock (_lock)
        {
            _current!.End = checked((uint)round.End);
            _writing = null;
            Volatile.Write(ref _durableLsn, round.Last.Value);
            Volatile.Write(ref _pendingBytes, _pendingBytes - round.RecordBytes);
            Volatile.Write(ref _writtenBytes, _writtenBytes + round.LengthBytes);
        }
        if (!Planted.Is(PlantedBug.ConfirmBeforeSync))
            round.TellDurable();
        round.Reset();
        lock (_lock)
        {
            if (_spares.Count < SpareRounds)
                _spares.Push(round);
        }
    }

    private void Fail(DiskException cause)
    {
        var failure = new StorageFailedException(
            "The node log cannot be written, so nothing more can be promised and the node stops: "
            + cause.Message, cause);
        lock (_lock)
            _failure = failure;
        _watcher.Failed(failure);
    }
}
