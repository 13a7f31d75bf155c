using System.Runtime.CompilerServices;
using Warren.Broker.Durability;
using Warren.Cluster.Groups;
using Warren.Storage;

namespace Warren.Broker.Queues.Replicated;

/// <summary>
/// What a member has of a replicated queue, changed by applied entries alone and the same on all members at the same
/// index: live messages, how often they came back, and the <see cref="QueueState"/>. Interprets no rule. Owned by the
/// queue's turn.
/// <para>Live are entries of messages, of the latest return of each, the latest state, and departures behind it. That
/// is enough: a removal comes behind a state that has its message's number (<see cref="ReplicatedLog"/>), so that live
/// entries up to any index make what all entries up to there made.</para>
/// </summary>
/// <param name="compacted">How far the group is compacted; everything, while there is no group yet.</param>
/// <param name="ended">Told of each entry that is live no more; null: nobody asks.</param>
internal sealed class QueueReplica(Func<long> compacted, Action<LogIndex>? ended = null)
{
    private ReplicaMessages _messages = new();
    private ReplicaReturns _returns = new();
    // Entries that say what is on its way, behind the state.
    private ReplicaReturns _departures = new();
    // The return of a message, by its index.
    private Dictionary<long, long> _returnOf = [];
    // Entries that ended since the last compaction and lie below it.
    private readonly RemovedRanges _ended = new();
    private LiveEntry _state;

    public ReplicaMessages Messages => _messages;

    /// <summary>Where a message's record lies; none: it is not live any more.</summary>
    public Position RecordOf(long position)
    {
        ref ReplicaMessage message = ref _messages.Find(position);
        return Unsafe.IsNullRef(ref message) ? Position.None : message.Record;
    }

    /// <summary>
    /// What the log keeps of entries that are not live, for the next compaction to let go: what stayed behind the last
    /// one is estimated.
    /// </summary>
    public long DeadBytes { get; private set; }

    /// <summary>As of the last entry that was applied.</summary>
    public QueueState State { get; private set; } = new();

    /// <summary>The next entry. One that is restored comes in the same way, in order.</summary>
    /// <exception cref="DurableFormatException">It cannot be understood: nothing may be skipped.</exception>
    public void Apply(long index, Position record, ReadOnlySpan<byte> meta, int bodyBytes, ReadOnlySpan<byte> body)
    {
        switch (meta.IsEmpty ? 0 : meta[0])
        {
            case EntryKinds.Message:
                AddMessage(index, record, meta, bodyBytes);
                break;
            case EntryKinds.Return:
                AddReturn(index, record, meta);
                break;
            case EntryKinds.Removal:
                RemoveAll(new RangeReader(meta[1..]));
                DeadBytes += RecordBytes(meta.Length + bodyBytes);
                break;
            case EntryKinds.State:
                State = QueueState.Read(body.IsEmpty ? meta[1..] : [.. meta[1..], .. body]);
                State.Departures.KeepOnly(_messages.Contains);
                EndDepartures();
                End(_state.Index.Value, RecordBytes(_state.PayloadBytes));
                _state = new LiveEntry(new LogIndex(index), record, meta.Length + bodyBytes);
                break;
            case EntryKinds.Departure:
                MessageDepartures.ReadRecords(meta[1..], AddDeparture);
                _departures.Add(new ReturnEntry(index, 0, record, meta.Length));
                break;
            default:
                throw new DurableFormatException(
                    $"entry {index} begins with {(meta.IsEmpty ? 0 : meta[0])}, which this node does not know");
        }
    }

    /// <summary>
    /// An entry that came in a snapshot is live no more; nothing if what came later has ended it already.
    /// </summary>
    public void Remove(long index)
    {
        if (_messages.Remove(index))
        {
            EndReturn(index);
            State.Departures.Remove(index);
        }
        else if (_returns.TryFind(index, out ReturnEntry one))
            EndReturn(one.Message);
        else if (_departures.TryFind(index, out _))
            _departures.Remove(index);
        else if (index == _state.Index.Value)
            _state = default;
    }

    /// <summary>Takes all that another one has, which is none any more, and forgets what it had.</summary>
    public void Become(QueueReplica other)
    {
        (_messages, _returns, _returnOf) = (other._messages, other._returns, other._returnOf);
        (_state, State, _departures) = (other._state, other.State, other._departures);
        _ended.Clear();
        DeadBytes = 0;
    }

    /// <summary>All that there is of a queue that served alone.</summary>
    public void Inherit(IReadOnlyList<ReplicaMessage> messages, IReadOnlyList<ReturnEntry> returns)
    {
        foreach (ReplicaMessage message in messages)
            _messages.Add(in message);
        foreach (ReturnEntry one in returns)
        {
            _returns.Add(in one);
            _returnOf.Add(one.Message, one.Index);
        }
    }

    /// <summary>Forgets all.</summary>
    public void Clear()
    {
        _messages.Clear();
        _returns.Clear();
        _departures.Clear();
        _returnOf.Clear();
        _ended.Clear();
        DeadBytes = 0;
        _state = default;
        State = new QueueState();
    }

    /// <summary>The first live entry behind an index.</summary>
    public bool TryNextLive(long after, out LiveEntry entry)
    {
        bool isFound = _messages.TryNext(after, out ReplicaMessage message);
        entry = isFound
            ? new LiveEntry(new LogIndex(message.Index), message.Record, message.PayloadBytes)
            : default;
        if (_state.Index.Value > after && (!isFound || _state.Index < entry.Index))
        {
            entry = _state;
            isFound = true;
        }
        TakeIfEarlier(_returns, after, ref entry, ref isFound);
        TakeIfEarlier(_departures, after, ref entry, ref isFound);
        return isFound;
    }

    public bool IsLive(long index) =>
        index == _state.Index.Value || _messages.Contains(index) || _returns.TryFind(index, out _)
        || _departures.TryFind(index, out _);

    public void Move(in MovedEntry moved)
    {
        long index = moved.Index.Value;
        if (index != _state.Index.Value)
        {
            _returns.Move(in moved);
            _departures.Move(in moved);
            _messages.Move(in moved);
        }
        else if (_state.Position == moved.From)
        {
            _state = _state with { Position = moved.To };
        }
    }

    /// <summary>
    /// What <see cref="RaftGroup.Compact"/> wants to know when the group is compacted up to an index.
    /// </summary>
    /// <param name="index">At most what is applied.</param>
    /// <param name="applied">Entries from there up to here stay.</param>
    public (LogIndex[] Live, IndexRange[] Released) Compact(long index, long applied)
    {
        // As if what is dead were spread evenly.
        DeadBytes = (long)((double)DeadBytes * (applied - index) / Math.Max(1, applied - compacted()));
        var live = new List<LogIndex>();
        long after = compacted();
        while (TryNextLive(after, out LiveEntry entry) && entry.Index.Value <= index)
        {
            live.Add(entry.Index);
            after = entry.Index.Value;
        }
        IndexRange[] released = [.. _ended.Sorted()];
        _ended.Clear();
        return ([.. live], released);
    }

    private void AddMessage(long index, Position record, ReadOnlySpan<byte> meta, int bodyBytes)
    {
        MessageEntry.Read(
            meta, bodyBytes, out ReplicaMessage message, out int ordinal, out long number, out RangeReader releases);
        RemoveAll(releases);
        message.Index = index;
        message.Record = record;
        _messages.Add(in message);
        if (ordinal != 0)
            State.Find(ordinal)?.Take(number);
    }

    private void AddReturn(long index, Position record, ReadOnlySpan<byte> meta)
    {
        int at = 1;
        long position = MessageMeta.ReadNumber(meta, ref at);
        int count = checked((int)MessageMeta.ReadNumber(meta, ref at));
        ref ReplicaMessage message = ref _messages.Find(position);
        if (Unsafe.IsNullRef(ref message))
        {
            // Its message was removed by an entry that is restored no more.
            End(index, RecordBytes(meta.Length));
            return;
        }
        message.DeliveryCount = count;
        EndReturn(position);
        _returns.Add(new ReturnEntry(index, position, record, meta.Length));
        _returnOf.Add(position, index);
    }

    private void RemoveAll(RangeReader ranges)
    {
        while (ranges.TryNext(out IndexRange range))
        {
            long after = range.First.Value - 1;
            while (_messages.TryNext(after, out ReplicaMessage message) && message.Index <= range.Last.Value)
            {
                after = message.Index;
                _messages.Remove(after);
                State.Departures.Remove(after);
                EndReturn(after);
                End(after, message.RecordBytes);
            }
        }
    }

    // One that is restored may be of a message that has gone since; its number counts all the same.
    private void AddDeparture(long position, MessageDeparture departure)
    {
        if (_messages.Contains(position))
            State.Departures.Add(position, departure);
        else
            State.Departures.NoteNumber(departure.Number);
    }

    // The state that has come says all that they do.
    private void EndDepartures()
    {
        while (_departures.TryNext(0, out ReturnEntry one))
        {
            _departures.Remove(one.Index);
            End(one.Index, RecordBytes(one.MetaBytes));
        }
    }

    private static void TakeIfEarlier(ReplicaReturns entries, long after, ref LiveEntry entry, ref bool isFound)
    {
        if (!entries.TryNext(after, out ReturnEntry one) || (isFound && one.Index > entry.Index.Value))
            return;
        entry = new LiveEntry(new LogIndex(one.Index), one.Record, one.MetaBytes);
        isFound = true;
    }

    private void EndReturn(long position)
    {
        if (!_returnOf.Remove(position, out long index))
            return;
        if (_returns.TryFind(index, out ReturnEntry one))
            End(index, RecordBytes(one.MetaBytes));
        _returns.Remove(index);
    }

    private static long RecordBytes(int payloadBytes) => (long)payloadBytes + EntryReader.EntryOverheadBytes;

    private void End(long index, long recordBytes)
    {
        if (index == 0)
            return;
        DeadBytes += recordBytes;
        ended?.Invoke(new LogIndex(index));
        if (index <= compacted())
            _ended.Add(index);
    }
}
