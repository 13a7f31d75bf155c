using System.Collections.Immutable;
using Warren.Broker.Channels;
using Warren.Broker.Messages;
using Warren.Cluster.Consensus;
using Warren.Cluster.Groups;
using Warren.Storage;
using Warren.Storage.Collections;

namespace Warren.Broker.Queues.Replicated;

/// <summary>
/// The log of a queue that this member leads: what the machine decides is proposed, under the index that is the
/// message's position. Lives for one leadership. Owned by the queue's turn.
/// <para>Before anything is removed there is a state with the numbers of all messages so far: what was taken of a
/// source is known as long as the log is, also when its messages are gone.</para>
/// </summary>
internal sealed class ReplicatedLog : QueueLog
{
    /// <summary>Beyond this many bytes that are not committed publishers wait.</summary>
    private const long BehindBytes = 4 * 1024 * 1024;

    /// <summary>How old what the log says of the queue's time may be when something else is written.</summary>
    private const long TimeIsOldMs = 10_000;

    /// <summary>So many entries that say what has departed are summed up by a state.</summary>
    private const int MostDepartureEntries = 64;

    /// <summary>Of what one such entry says: it is all meta, which has 65535 bytes.</summary>
    private const int DepartureEntryBytes = 16 * 1024;

    private readonly RaftGroup _group;
    private readonly QueueReplica _replica;
    private readonly MessageBroker _broker;
    private readonly NodeLog _log;
    private readonly ReplicatedTime _time;
    private LazyQueue<(long Index, int SizeBytes)> _uncommitted;
    private long _uncommittedBytes;
    private long _committed;
    private SourceNumbers? _source;
    private long _number;
    // What comes from somebody who keeps it has another number with who sends it.
    private (SourceNumbers Numbers, long Number)? _sender;
    // Numbers were taken that no state says yet, by this leader or, for all it knows, by the one before.
    private bool _isStateOwed = true;
    // Something expires, or did: states say what time it is, the first of them before anything that expires.
    private bool _usesTime;
    private long _timeWrittenMs;
    private Lsn _timeLsn;
    // None before the machine has all that there is.
    private Frontier? _frontier;
    private QueueMachine? _machine;
    // Who has the queue to himself, as the log says by the entry of this index, and as all know.
    private Consumer? _holder;
    private long _holderIndex;
    private Consumer? _knownHolder;
    private long _nowMs;
    // Departures of this turn.
    private readonly List<byte> _departed = new(0);
    private PayloadRoom _room;
    private int _departureEntries = MostDepartureEntries;

    public ReplicatedLog(RaftGroup group, QueueReplica replica, MessageBroker broker, ReplicatedTime time)
    {
        _group = group;
        _replica = replica;
        _broker = broker;
        _log = broker.Storage!;
        _time = time;
        BegunMs = broker.NowMs;
        State = replica.State.Copy();
        _committed = group.Commit.Value;
        LastLsn = new Lsn(_committed);
        DurablePosition = Math.Min(_committed, group.Applied.Value);
    }

    /// <summary>When the member began to serve, by the node's monotonic clock.</summary>
    public long BegunMs { get; }

    /// <summary>As of what is proposed.</summary>
    public QueueState State { get; }

    /// <summary>
    /// Who had the queue to himself may come yet, and has it until then: also for the next leader nobody else has.
    /// </summary>
    public bool AwaitsHolder { get; set; }

    /// <summary>Something could not be proposed: this member leads no more, or is about to.</summary>
    public bool IsRefused { get; private set; }

    public override bool IsOpen => !IsClosed;

    public override bool StoresAll => true;

    public override bool IsEnding => false;

    public override bool MayComeBack => IsClosed && IsAwaited;

    public override bool IsNodeBehind => _log.HasMuchPending;

    /// <summary>What cannot be read is passed by: nobody else takes the lead.</summary>
    public bool PassesUnreadable { get; set; }

    public override bool IsKeptByOthers => _group.Members.Voters > 1 && !PassesUnreadable;

    public override bool IsBehind => _uncommittedBytes > BehindBytes || (_log.IsBehind && IsAwaited);

    internal override bool IsAwaited => LastLsn.Value > _committed;

    /// <summary>All up to here is committed.</summary>
    public long Committed => _committed;

    /// <summary>
    /// A publish of a source that has this number; true: it is new, and its number is noted with it up to
    /// <see cref="EndPublish"/>.
    /// </summary>
    /// <param name="publisher">Whose; he has a source.</param>
    /// <param name="number">His.</param>
    /// <param name="origin">What it is known by, also if somebody else has sent it, under a number of his.</param>
    /// <param name="wasTaken">One that is not new was taken; else it was refused.</param>
    public bool TryBegin(DeliveryChannel publisher, long number, PublishOrigin? origin, out bool wasTaken)
    {
        SourceNumbers numbers = NumbersOf(publisher.Source!.Value);
        _isStateOwed |= numbers.Forget(publisher.AnsweredBelow);
        // All that it kept was safe wherever it went when it was closed.
        if (origin is { } gone && IsOfGoneStore(gone.Source))
        {
            wasTaken = true;
            if (number > numbers.Last)
                NoteNumber(numbers, number);
            return false;
        }
        SourceNumbers own = origin is { } from ? NumbersOf(from.Source) : numbers;
        bool isNew = number > numbers.Last;
        wasTaken = origin is { } known && known.Number <= own.Last;
        if (wasTaken)
        {
            if (isNew)
                NoteNumber(numbers, number);
            return false;
        }
        if (!isNew)
        {
            wasTaken = numbers.WasTaken(number);
            return false;
        }
        (_source, _number) = (own, origin?.Number ?? number);
        _sender = own == numbers ? null : (numbers, number);
        return true;
    }

    /// <summary>It has been taken in, or refused.</summary>
    public void EndPublish()
    {
        // The entry says what it is known by, and not which number its sender has given it.
        if (_source is null && _sender is var (numbers, number))
            NoteNumber(numbers, number);
        _source = null;
    }

    /// <summary>The machine has all that there is, and begins to serve.</summary>
    /// <param name="machine">The queue's.</param>
    /// <param name="frontier">By priority, how far it has been handed out, as far as is known.</param>
    /// <param name="expires">Some of it expires.</param>
    /// <param name="nowMs">Of the machine.</param>
    public void Begin(QueueMachine machine, long[] frontier, bool expires, long nowMs)
    {
        _machine = machine;
        _nowMs = nowMs;
        _frontier = new Frontier(frontier);
        if (machine.Holder is { } holder && LoggedHolder.Of(holder) == State.Holder)
            _holder = _knownHolder = holder;
        Allow(machine.Paging);
        // The next leader must not take for new what this one does not.
        bool isNews = State.Frontier is null && Array.Exists(frontier, static position => position > 0);
        if (expires || State.Time is not null)
            UseTime(nowMs);
        else if (isNews)
            WriteState();
    }

    /// <summary>What is committed may go.</summary>
    public void Allow(Paging paging)
    {
        paging.Limit = _committed;
        paging.Frontier = _frontier?.Allowed;
        paging.Holder = _knownHolder;
    }

    /// <summary>
    /// Something expires: the log is told what time it is in this term, and now and then from now on, when something
    /// else is written anyway.
    /// </summary>
    public void UseTime(long nowMs)
    {
        bool isFirst = !_usesTime;
        _usesTime = true;
        _timeWrittenMs = nowMs;
        WriteState();
        if (isFirst)
            _time.Tell();
    }

    /// <summary>The turn ends, and has written all that it decided.</summary>
    public void EndTurn(long nowMs)
    {
        _nowMs = nowMs;
        _room.EndTurn();
        if (!IsRefused && (ChangesHolder() | Raises(isAnyway: false)))
            WriteState();
        if (!_usesTime || IsRefused)
            return;
        bool isOld = LastLsn != _timeLsn && nowMs - _timeWrittenMs >= TimeIsOldMs;
        if (_time.IsLoggedBehind(State.Time) || isOld)
            UseTime(nowMs);
    }

    /// <summary>
    /// A message goes to these queues, under a number that is returned; once <see cref="WriteDepartures"/> is committed
    /// whoever leads next knows that. One that has departed before keeps its number.
    /// </summary>
    public long Depart(long position, ImmutableArray<long> queues)
    {
        if (State.Departures.TryFind(position, out MessageDeparture before))
            return before.Number;
        var departure = new MessageDeparture(State.Departures.Last + 1, queues);
        State.Departures.Add(position, departure);
        MessageDepartures.WriteRecords(_departed, position, departure);
        if (_departed.Count >= DepartureEntryBytes)
            WriteDepartures();
        return departure.Number;
    }

    /// <summary>The end of a turn.</summary>
    public void WriteDepartures()
    {
        if (_departed.Count == 0)
            return;
        byte[] payload = [EntryKinds.Departure, .. _departed];
        _departed.Clear();
        // An entry's meta has a limit, a state has none.
        if (payload.Length > ushort.MaxValue || _departureEntries++ >= MostDepartureEntries)
            WriteState();
        else
            Propose(payload, payload.Length);
    }

    /// <summary>All up to here is committed; false: that is no news.</summary>
    public bool TryCommit(long index)
    {
        if (index <= _committed)
            return false;
        _committed = index;
        _frontier?.Commit(index);
        if (index >= _holderIndex)
            _knownHolder = _holder;
        while (_uncommitted.TryPeek(out (long Index, int SizeBytes) first) && first.Index <= index)
        {
            _uncommitted.Dequeue();
            _uncommittedBytes -= first.SizeBytes;
        }
        return true;
    }

    public override void Close()
    {
        if (IsClosed)
            return;
        base.Close();
        State.IsClosed = true;
        WriteState();
    }

    internal override long NextPosition(long last) => _group.LastIndex.Value + 1;

    internal override FetchItem Locate(in FetchItem item) => item with { Record = _replica.RecordOf(item.Position) };

    internal override void Append(
        ref QueuedMessage queued, SharedBody? shared, long nowMs, ReadOnlySpan<IndexRange> replaces = default)
    {
        long? expiresAt = queued.Expires ? queued.ExpiresAtMs + _time.AheadMs : null;
        bool isFirst = queued.Expires && !_usesTime;
        if (isFirst || (!replaces.IsEmpty && _isStateOwed))
            WriteStateBefore(ref queued, isFirst, nowMs);
        // What takes the place of another is no publish.
        SourceNumbers? source = replaces.IsEmpty ? _source : null;
        Span<byte> meta = stackalloc byte[MessageEntry.MostBytes + (replaces.Length * 20)];
        meta = meta[..MessageEntry.Write(meta, in queued, expiresAt, source, _number, replaces)];
        Message message = queued.Message;
        Memory<byte> payload = _room.Take(meta.Length + message.SizeBytes);
        meta.CopyTo(payload.Span);
        message.Bytes.Span.CopyTo(payload.Span[meta.Length..]);
        Propose(payload, meta.Length);
        if (source is not null)
        {
            source.Take(_number);
            _isStateOwed = true;
            _source = null;
        }
        queued.Record = default;
        NoteAppended(ref queued, LastLsn);
    }

    // A target has it: what the machine says next is that it is gone.
    internal override void ReleaseTaken(long position)
    {
    }

    internal override void Forget(long position) => Remove(position);

    internal override void Return(long position, int count, long index)
    {
        Span<byte> meta = stackalloc byte[MessageMeta.MostBytes];
        meta = meta[..MessageMeta.WriteReturn(meta, position, count)];
        Propose(meta.ToArray(), meta.Length);
    }

    internal override void WriteRemoved(long index)
    {
        if (_isStateOwed)
            WriteState();
        State.Departures.RemoveAll(Removed.Sorted());
        byte[] meta = MessageEntry.WriteRemoval(Removed.Sorted());
        // What does not fit the meta of one entry takes several.
        if (meta.Length > ushort.MaxValue)
            ProposeInParts(Removed.Sorted());
        else
            Propose(meta, meta.Length);
        Removed.Clear();
    }

    internal override void NoteDurable(Lsn lsn) =>
        base.NoteDurable(new Lsn(Math.Min(lsn.Value, _group.DurableIndex.Value)));

    // Nothing of a machine is kept over a stop: what was handed out is in the replicas.
    internal override void SetState(ReadOnlySpan<byte> state)
    {
    }

    internal override void Drop()
    {
    }

    // The log is told of a source before its first message.
    private SourceNumbers NumbersOf(PublishSource source)
    {
        if (State.TryFind(source, out SourceNumbers? numbers))
            return numbers!;
        numbers = State.Add(source);
        WriteState();
        return numbers;
    }

    // One that this node has not heard of yet is not gone.
    private bool IsOfGoneStore(PublishSource source) => source.TryGetStore(out QueueId store)
        && _broker.Definitions.LastIndex >= store.Value && _broker.QueueLinks?.FindQueue(store.Value) is null;

    private void NoteNumber(SourceNumbers source, long number)
    {
        source.Take(number);
        _isStateOwed = true;
    }

    private void ProposeInParts(ReadOnlySpan<IndexRange> ranges)
    {
        const int PerEntry = 3000;
        for (; !ranges.IsEmpty; ranges = ranges[Math.Min(PerEntry, ranges.Length)..])
        {
            byte[] meta = MessageEntry.WriteRemoval(ranges[..Math.Min(PerEntry, ranges.Length)]);
            Propose(meta, meta.Length);
        }
    }

    // Nothing is said of a queue that nobody has to himself.
    private bool ChangesHolder() => !AwaitsHolder
        && _machine is { IsClosed: false } machine && machine.Holder != _holder
        && (machine.Holder is not null || !State.Holder.Node.IsNone);

    private bool Raises(bool isAnyway) => _frontier is { } frontier
        && _machine is { } machine && (machine.ConsumerCount > 0 || machine.Gets.HasWaiting)
        && frontier.Raise(machine.Paging, NextPosition(0), _nowMs, isAnyway);

    // The message was given its position before: the state takes that, and the message the next.
    private void WriteStateBefore(ref QueuedMessage queued, bool usesTime, long nowMs)
    {
        if (usesTime)
            UseTime(nowMs);
        else
            WriteState();
        queued.Position = NextPosition(queued.Position);
    }

    private void WriteState()
    {
        _isStateOwed = false;
        if (_usesTime)
            State.Time = _time.Now(State.Time);
        State.RemoveSources(IsOfGoneStore);
        Raises(isAnyway: true);
        State.Frontier = _frontier?.Reserved ?? State.Frontier;
        _departureEntries = 0;
        bool changes = ChangesHolder();
        if (changes)
            State.Holder = LoggedHolder.Of(_holder = _machine!.Holder);
        byte[] state = State.Write();
        byte[] payload = new byte[1 + state.Length];
        payload[0] = EntryKinds.State;
        state.CopyTo(payload, 1);
        // A start has the meta at hand; what is longer it reads.
        Propose(payload, Math.Min(payload.Length, ushort.MaxValue));
        _timeLsn = LastLsn;
        _frontier?.Propose(LastLsn.Value);
        if (changes)
            _holderIndex = LastLsn.Value;
    }

    private void Propose(ReadOnlyMemory<byte> payload, int metaBytes)
    {
        var entry = new EntryPayload(payload[..metaBytes], payload[metaBytes..]);
        if (IsRefused || !_group.TryPropose([entry], out LogIndex index))
        {
            // Whoever waits for it waits for good: he hears of it from the next leader.
            IsRefused = true;
            LastLsn = new Lsn(long.MaxValue);
            return;
        }
        LastLsn = new Lsn(index.Value);
        _uncommitted.Enqueue((index.Value, payload.Length + RaftEntry.OverheadBytes));
        _uncommittedBytes += payload.Length + RaftEntry.OverheadBytes;
    }
}
