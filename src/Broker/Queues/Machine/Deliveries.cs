using Warren.Broker.Connections;
using Warren.Broker.Queues.Remote;
using Warren.Storage;

namespace Warren.Broker.Queues;

/// <summary>
/// Messages on their way and out with clients: hands them to consumers and gets, keeps what is to be acknowledged,
/// and finds what stays unacknowledged for too long. Only the earliest moment at which something can be overdue is
/// kept, so that a delivery costs one comparison; at that moment the slots are looked through, and the next moment is
/// what they show.
/// </summary>
internal sealed class Deliveries(EffectList effects, QueueLog log, QueueTotals totals, byte maxPriority)
{
    private readonly UnackedMessages _unacked = new();

    /// <summary>Stands for whoever used get: holds their messages, is never served. Null: nobody has.</summary>
    private Consumer? _getters;

    /// <summary>The same for clients of other nodes.</summary>
    private Consumer? _otherGetters;

    /// <summary>Stands for nobody: holds what has expired and cannot go. Null: nothing has.</summary>
    private Consumer? _nobody;

    /// <summary>That of gets.</summary>
    private long? _timeoutMs;

    // By position, the slots of what was held when this leader began, and is not settled by position yet.
    private Dictionary<long, int>? _claimed;

    // By priority, the highest position that was ever handed out.
    private readonly long[] _handedOut = new long[maxPriority + 1];

    public int Count => _unacked.Count;

    /// <summary>How far messages of each priority have been handed out, at least once.</summary>
    public Span<long> HandedOut => _handedOut;

    /// <summary>Bytes of the bodies.</summary>
    public long Bytes => _unacked.Bytes;

    /// <summary>When to look for what is overdue; <see cref="long.MaxValue"/>: never.</summary>
    public long NextCheckMs { get; private set; } = long.MaxValue;

    /// <summary>
    /// The timeout of gets and of whoever holds messages, cancelled or not. Everything is looked at again.
    /// </summary>
    public void Configure(long? timeoutMs, long nowMs)
    {
        _timeoutMs = timeoutMs;
        _getters?.SetTimeout(timeoutMs);
        _otherGetters?.SetTimeout(timeoutMs);
        foreach (ref UnackedMessages.Slot slot in _unacked.Slots)
        {
            if (slot.Consumer != _nobody)
                slot.Consumer?.SetTimeout(timeoutMs);
        }
        NextCheckMs = _unacked.Count == 0 ? long.MaxValue : nowMs;
    }

    public void Deliver(Consumer consumer, in QueuedMessage queued, long nowMs)
    {
        NoteHandedOut(in queued);
        int slot = -1;
        if (consumer.NoAck)
        {
            totals.DeliveredNoAck++;
            if (queued.IsStored)
                log.Remove(queued.Position);
        }
        else
        {
            slot = Hold(consumer, in queued, nowMs);
            totals.Delivered++;
        }
        if (queued.Redelivered)
            totals.Redelivered++;
        consumer.WindowMessagesLeft--;
        consumer.WindowBytesLeft -= queued.Message.SizeBytes;
        effects.Deliver(consumer, in queued, slot);
        consumer.Level!.Served(consumer);
    }

    public void AnswerGet(object request, bool noAck, in QueuedMessage queued, int readyLeft, long nowMs)
    {
        NoteHandedOut(in queued);
        int slot = -1;
        if (noAck)
        {
            totals.GotNoAck++;
            if (queued.IsStored)
                log.Remove(queued.Position);
        }
        else
        {
            slot = Hold(
                request is VisitRequest ? Getters(ref _otherGetters) : Getters(ref _getters), in queued, nowMs);
            totals.Got++;
        }
        if (queued.Redelivered)
            totals.Redelivered++;
        effects.GetOk(request, in queued, slot, readyLeft);
    }

    /// <summary>Keeps a message for nobody; returns its slot.</summary>
    public int SetAside(in QueuedMessage queued, long nowMs) =>
        _unacked.Add(in queued, _nobody ??= new Consumer { Tag = "", Channel = null! }, nowMs);

    /// <summary>A client holds it already; null: by a get.</summary>
    public void HoldAgain(in QueuedMessage queued, Consumer? holder, long nowMs)
    {
        NoteHandedOut(in queued);
        int slot = Hold(holder ?? Getters(ref _getters), in queued, nowMs);
        if (holder is { HasCredit: false, NextReady: not null, Level: { } level })
            level.Unlink(holder);
        (_claimed ??= []).Add(queued.Position, slot);
    }

    /// <summary>
    /// The slot of what is held by <see cref="HoldAgain"/>, as its client knows only the position; -1: none.
    /// </summary>
    public int SlotOf(long position) =>
        _claimed is not null && _claimed.Remove(position, out int slot) ? slot : -1;

    /// <summary>Takes a delivery back, for good or for bad; false: there is none such any more.</summary>
    public bool TryTake(int slot, long position, out QueuedMessage queued, out Consumer consumer)
    {
        if (!_unacked.TryRemove(slot, position, out queued, out consumer))
            return false;
        consumer.Unacked--;
        _claimed?.Remove(queued.Position);
        return true;
    }

    /// <summary>
    /// The consumers with an overdue delivery that were not named before, by the oldest position of such.
    /// </summary>
    public List<Consumer> FindOverdue(long nowMs)
    {
        var overdue = new SortedDictionary<long, Consumer>();
        NextCheckMs = long.MaxValue;
        foreach (ref UnackedMessages.Slot slot in _unacked.Slots)
        {
            if (slot.Consumer is not { EffectiveTimeoutMs: < long.MaxValue } consumer)
                continue;
            if (nowMs - slot.DeliveredAtMs < consumer.EffectiveTimeoutMs)
                NextCheckMs = Math.Min(NextCheckMs, slot.DeliveredAtMs + consumer.EffectiveTimeoutMs);
            else if (!consumer.OverdueReported)
                overdue.Add(slot.Queued.Position, consumer);
        }
        var consumers = new List<Consumer>();
        foreach (Consumer consumer in overdue.Values)
        {
            if (consumer.OverdueReported)
                continue;
            consumer.OverdueReported = true;
            consumers.Add(consumer);
        }
        return consumers;
    }

    /// <summary>
    /// Whether the consumer is nobody's: it stands for gets, which have no channel that could be closed.
    /// </summary>
    public bool IsOfGets(Consumer consumer) => consumer == _getters || consumer == _otherGetters;

    /// <summary>Whether it stands for gets of other nodes' clients.</summary>
    public bool IsOfOtherGets(Consumer consumer) => consumer == _otherGetters;

    /// <summary>Whether it stands for nobody.</summary>
    public bool IsNobody(Consumer consumer) => consumer == _nobody;

    /// <summary>What is handed out and not settled, with who has it; slots without a consumer are free.</summary>
    public Span<UnackedMessages.Slot> Slots => _unacked.Slots;

    /// <summary>
    /// What a consumer holds, in the order of the queue; of gets only what is overdue, since they are many clients'.
    /// </summary>
    public List<(long Position, int Slot, long Token)> HeldBy(Consumer consumer, long nowMs)
    {
        var held = new List<(long Position, int Slot, long Token)>();
        Span<UnackedMessages.Slot> slots = _unacked.Slots;
        for (int index = 0; index < slots.Length; index++)
        {
            ref UnackedMessages.Slot slot = ref slots[index];
            if (slot.Consumer != consumer)
                continue;
            if (!IsOfGets(consumer) || nowMs - slot.DeliveredAtMs >= consumer.EffectiveTimeoutMs)
                held.Add((slot.Queued.Position, index, slot.Queued.Token));
        }
        held.Sort();
        return held;
    }

    /// <summary>What the consumers of an outbox hold, in the order of the queue.</summary>
    public List<(long Position, int Slot, long Token)> HeldBy(Outbox outbox)
    {
        var held = new List<(long Position, int Slot, long Token)>();
        Span<UnackedMessages.Slot> slots = _unacked.Slots;
        for (int index = 0; index < slots.Length; index++)
        {
            ref UnackedMessages.Slot slot = ref slots[index];
            if (slot.Consumer is { Channel: { } channel } && channel.Outbox == outbox)
                held.Add((slot.Queued.Position, index, slot.Queued.Token));
        }
        held.Sort();
        return held;
    }

    /// <summary>Those of these positions that are held, by whomever. Walks through all.</summary>
    public List<(long Position, int Slot, long Token)> Find(HashSet<long> positions)
    {
        var held = new List<(long Position, int Slot, long Token)>();
        Span<UnackedMessages.Slot> slots = _unacked.Slots;
        for (int index = 0; index < slots.Length; index++)
        {
            ref UnackedMessages.Slot slot = ref slots[index];
            if (slot.Consumer is not null && positions.Contains(slot.Queued.Position))
                held.Add((slot.Queued.Position, index, slot.Queued.Token));
        }
        return held;
    }

    /// <summary>Notes where records are now; <paramref name="moves"/> by rising position.</summary>
    public void Move(ReadOnlySpan<MovedEntry> moves) => _unacked.Move(moves);

    /// <summary>Gives everything back: the queue has ended.</summary>
    public void ReleaseAll()
    {
        foreach (ref UnackedMessages.Slot slot in _unacked.Slots)
        {
            if (slot.Consumer is not null)
                effects.Release(in slot.Queued.Message);
        }
        _unacked.Clear();
        NextCheckMs = long.MaxValue;
    }

    /// <summary>Shows every message to <paramref name="relocate"/>, which may put it elsewhere.</summary>
    public void Rehome(Relocation relocate)
    {
        foreach (ref UnackedMessages.Slot slot in _unacked.Slots)
        {
            if (slot.Consumer is not null)
                relocate(ref slot.Queued.Message);
        }
    }

    private void NoteHandedOut(in QueuedMessage queued)
    {
        ref long last = ref _handedOut[queued.Priority];
        last = Math.Max(last, queued.Position);
    }

    private Consumer Getters(ref Consumer? getters)
    {
        if (getters is null)
        {
            getters = new Consumer { Tag = "", Channel = null! };
            getters.SetTimeout(_timeoutMs);
        }
        return getters;
    }

    private int Hold(Consumer consumer, in QueuedMessage queued, long nowMs)
    {
        consumer.Unacked++;
        if (consumer.EffectiveTimeoutMs < NextCheckMs - nowMs)
            NextCheckMs = nowMs + consumer.EffectiveTimeoutMs;
        return _unacked.Add(in queued, consumer, nowMs);
    }
}
