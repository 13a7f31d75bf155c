using Warren.Broker.Durability;
using Warren.Broker.Queues.Replicated;
using Warren.Storage;

namespace Warren.Broker.Queues;

/// <summary>
/// Takes all messages out of a machine that ends, so that each is an entry of the queue's own group: what is not
/// stored, or shares its body with other queues, is written anew at the tail, and with it all that is behind it in its
/// lane, ready or with a client, so that the order of positions stays the order of the queue. Old entries are not
/// released here but named in <see cref="Released"/>, and a mark in front of the new ones says that they are nobody's
/// yet: a crash leaves the old ones, or, once whoever takes over has written that, the new ones. Nothing is handed out,
/// and nothing comes in, from its beginning on. Owned by the queue's turn.
/// </summary>
internal sealed class Departure(
    ReadyMessages ready, Deliveries deliveries, Paging paging, QueueLog log, StoredMessages stored, EffectList effects,
    byte maxPriority)
{
    // By priority: something of the lane has been written anew.
    private readonly bool[] _isAnew = new bool[maxPriority + 1];
    private readonly RemovedRanges _released = new();
    // By priority, the slots of what clients hold and was not taken yet, by position.
    private readonly Queue<int>?[] _slots = new Queue<int>?[maxPriority + 1];
    private bool _isBegun;
    private bool _isMarked;

    /// <summary>The last position that was given.</summary>
    public long LastPosition => stored.LastPosition;

    /// <summary>What there is; by rising position once all is taken.</summary>
    public List<QueuedMessage> Messages { get; } = [];

    /// <summary>Of these, what clients hold.</summary>
    public List<HeldMessage> Held { get; } = [];

    /// <summary>Where the returns of these are, by the index of the return's entry.</summary>
    public List<ReturnEntry> Returns { get; } = [];

    /// <summary>Entries that go when the new ones count.</summary>
    public IReadOnlyList<IndexRange> Released => [.. _released.Sorted()];

    /// <summary>
    /// Takes all. False: bytes have to be read first, or the node's log is behind; to be called again. What clients
    /// hold keeps its bytes in the machine.
    /// </summary>
    public bool TryTake(long nowMs)
    {
        if (!_isBegun)
            FindHeld();
        _isBegun = true;
        while (ready.Count > 0)
        {
            ref QueuedMessage first = ref ready.First;
            byte lane = first.Priority;
            TakeHeldBefore(lane, first.Position, nowMs);
            _isAnew[lane] |= !HasOwnEntry(in first);
            if (!_isAnew[lane])
            {
                paging.Drop(out QueuedMessage kept);
                kept.Message = kept.Message.PagedOut;
                Messages.Add(kept);
                continue;
            }
            if (log.IsNodeBehind)
                return false;
            if (!paging.TryTake(out QueuedMessage queued))
            {
                if (ready.Count > 0)
                    return false;
                break;
            }
            WriteAnew(ref queued, nowMs);
            effects.Release(in queued.Message);
            queued.Message = queued.Message.PagedOut;
            Messages.Add(queued);
        }
        for (int lane = maxPriority; lane >= 0; lane--)
            TakeHeldBefore((byte)lane, long.MaxValue, nowMs);
        Messages.Sort(static (one, other) => one.Position.CompareTo(other.Position));
        foreach (QueuedMessage queued in Messages)
        {
            if (log.HasReturn(queued.Position))
                Returns.Add(log.ReturnAnew(queued.Position, queued.DeliveryCount, NextPosition(), _released));
        }
        return true;
    }

    private void FindHeld()
    {
        var held = new List<(long Position, int Slot, byte Lane)>();
        Span<UnackedMessages.Slot> slots = deliveries.Slots;
        for (int index = 0; index < slots.Length; index++)
        {
            if (slots[index].Consumer is not null)
                held.Add((slots[index].Queued.Position, index, slots[index].Queued.Priority));
        }
        held.Sort();
        foreach ((_, int slot, byte lane) in held)
            (_slots[lane] ??= new Queue<int>()).Enqueue(slot);
    }

    private void TakeHeldBefore(byte lane, long position, long nowMs)
    {
        Span<UnackedMessages.Slot> slots = deliveries.Slots;
        while (_slots[lane] is { Count: > 0 } waiting && slots[waiting.Peek()].Queued.Position < position)
        {
            int index = waiting.Dequeue();
            QueuedMessage queued = slots[index].Queued;
            long token = queued.Token;
            _isAnew[lane] |= !HasOwnEntry(in queued);
            if (_isAnew[lane])
                WriteAnew(ref queued, nowMs);
            queued.Message = queued.Message.PagedOut;
            queued.Redelivered = true;
            Messages.Add(queued);
            if (!deliveries.IsNobody(slots[index].Consumer!))
                Held.Add(new HeldMessage(slots[index].Consumer, index, token, queued.Position));
        }
    }

    /// <inheritdoc cref="Deliveries.IsOfOtherGets"/>
    public bool IsOfOtherGets(Consumer consumer) => deliveries.IsOfOtherGets(consumer);

    private long NextPosition()
    {
        long position = stored.NextPosition();
        if (!_isMarked)
            log.BeginAnew(position);
        _isMarked = true;
        return position;
    }

    private static bool HasOwnEntry(in QueuedMessage queued) => queued.IsStored && !queued.Record.IsNone;

    private void WriteAnew(ref QueuedMessage queued, long nowMs)
    {
        long position = NextPosition();
        if (queued.IsStored)
            log.Leave(queued.Position, _released);
        queued.Position = position;
        log.Append(ref queued, shared: null, nowMs);
    }
}
