using System.Runtime.InteropServices;
using Warren.Broker.Messages;
using Warren.Storage;

namespace Warren.Broker.Delays;

/// <summary>
/// The messages that wait, by due time and, where that is the same, by arrival; and which of them have their bytes in
/// memory. Some are due and held: they have left the order, and keep their slots until they are back in it. Pure; owned
/// by the turn of <see cref="DelayedMessages"/>.
/// Invariant: a message without bytes in memory is stored, durably.
/// </summary>
internal sealed class WaitingMessages
{
    /// <summary>So many items of messages that are gone are tolerated before they are cleared away.</summary>
    private const int ToleratedItems = 1024;

    private readonly PriorityQueue<int, DueTime> _order = new();
    private readonly List<WaitingMessage> _slots = [];
    private Stack<int> _free = [];
    private readonly Dictionary<(string Vhost, string Exchange), DelayPlace> _places = [];
    // Stored messages with their bytes, by arrival, and some that are gone.
    private Queue<(Lsn Lsn, long Number, int Slot)> _resident = new();
    private int _residentCount;
    private int _held;

    public int Count => _order.Count + _held;

    /// <summary>Where any wait.</summary>
    public IEnumerable<DelayPlace> Places => _places.Values;

    /// <summary>Bytes of stored messages that are in memory.</summary>
    public long ResidentBytes { get; private set; }

    /// <summary>The record whose durability lets bytes go next; null: there is none.</summary>
    public Lsn? NextResidentLsn => _resident.TryPeek(out (Lsn Lsn, long Number, int Slot) next) ? next.Lsn : null;

    /// <summary>The place of that name, with one more message there.</summary>
    /// <param name="vhost">Of the exchange.</param>
    /// <param name="exchange">Its name.</param>
    /// <param name="isReplicated">See <see cref="DelayPlace.IsReplicated"/>.</param>
    public DelayPlace Enter(string vhost, string exchange, bool isReplicated = false)
    {
        ref DelayPlace? place =
            ref CollectionsMarshal.GetValueRefOrAddDefault(_places, (vhost, exchange), out bool isKnown);
        if (!isKnown)
            place = new DelayPlace(vhost, exchange, isReplicated);
        place!.Waiting++;
        return place;
    }

    /// <summary>A message has left its place for good.</summary>
    public void Leave(DelayPlace place)
    {
        if (--place.Waiting == 0)
            _places.Remove((place.Vhost, place.Exchange));
    }

    /// <param name="message">What waits; its place was entered.</param>
    /// <param name="dueMs">The clock of turns.</param>
    /// <param name="lsn">Its record's, if it is stored.</param>
    public void Add(in WaitingMessage message, long dueMs, Lsn lsn) =>
        _order.Enqueue(Put(message, lsn), new DueTime(dueMs, message.Number));

    /// <summary>The first: when it is due and where, whether its bytes are here; false: there is none.</summary>
    public bool TryPeek(out DueTime due, out DelayPlace place, out bool isResident)
    {
        bool any = _order.TryPeek(out int slot, out due);
        WaitingMessage first = any ? Slots[slot] : default;
        place = first.Place;
        isResident = any && first.Message.IsResident;
        return any;
    }

    /// <summary>Takes the first, and the reference that it holds. It has not left its place yet.</summary>
    public WaitingMessage Take()
    {
        WaitingMessage taken = TakeOut(_order.Dequeue());
        if (Count == 0 && _slots.Count > ToleratedItems)
            Shrink();
        return taken;
    }

    /// <summary>
    /// Takes all that wait at a place, by rising number, and the references that they hold. None is held.
    /// </summary>
    public List<DueMessage> TakeAll(DelayPlace place)
    {
        var rest = new List<(int Slot, DueTime Due)>();
        var taken = new List<DueMessage>();
        foreach ((int slot, DueTime due) in _order.UnorderedItems)
        {
            if (Slots[slot].Place == place)
                taken.Add(new DueMessage(TakeOut(slot), due));
            else
                rest.Add((slot, due));
        }
        _order.Clear();
        _order.EnqueueRange(rest);
        taken.Sort(static (one, other) => one.Message.Number.CompareTo(other.Message.Number));
        return taken;
    }

    /// <summary>The first leaves the order; returns its slot.</summary>
    public int HoldFirst()
    {
        _held++;
        return _order.Dequeue();
    }

    /// <summary>One that was taken is held instead; returns its slot. <paramref name="lsn"/>: none before it is not
    /// durable.</summary>
    public int Hold(in WaitingMessage message, Lsn lsn)
    {
        _held++;
        return Put(message, lsn);
    }

    /// <summary>One that was held is in the order again.</summary>
    public void PutBack(int slot, DueTime due)
    {
        _held--;
        _order.Enqueue(slot, due);
    }

    public DelayPlace PlaceOf(int slot) => Slots[slot].Place;

    /// <summary>Bytes of the message in a slot, whether they are here or not.</summary>
    public int SizeOf(int slot) => Slots[slot].Message.SizeBytes;

    /// <summary>
    /// Gives up bytes of durable messages, those that came first, until no more than a budget is left.
    /// </summary>
    public void PageOut(long budgetBytes, Lsn durable)
    {
        while (ResidentBytes > budgetBytes
            && _resident.TryPeek(out (Lsn Lsn, long Number, int Slot) oldest)
            && oldest.Lsn <= durable)
        {
            _resident.Dequeue();
            ref WaitingMessage waiting = ref Slots[oldest.Slot];
            // One that was taken and held stands here twice.
            if (waiting.Number != oldest.Number || !waiting.Message.IsResident)
                continue;
            Message message = waiting.Message;
            waiting.Message = message.PagedOut;
            message.Slab.Release(1);
            _residentCount--;
            ResidentBytes -= message.SizeBytes;
        }
    }

    /// <summary>Takes note of copies; <paramref name="moves"/> come by rising index.</summary>
    public void Move(IReadOnlyList<MovedEntry> moves)
    {
        foreach (ref WaitingMessage waiting in Slots)
            Move(ref waiting, moves);
    }

    /// <summary>The same for one that was taken, and may be held again.</summary>
    public static void Move(ref WaitingMessage waiting, IReadOnlyList<MovedEntry> moves)
    {
        if (waiting.IsStored && Find(moves, waiting.Number) is { } move && move.From == waiting.Record)
            waiting.Record = move.To;
    }

    /// <summary>All go, and what they have in memory is given back.</summary>
    public void Clear()
    {
        foreach (ref WaitingMessage waiting in Slots)
        {
            if (waiting.Message.IsResident)
                waiting.Message.Slab.Release(1);
        }
        _order.Clear();
        _places.Clear();
        _held = 0;
        _residentCount = 0;
        ResidentBytes = 0;
        Shrink();
    }

    private WaitingMessage TakeOut(int slot)
    {
        WaitingMessage taken = Slots[slot];
        Slots[slot] = default;
        _free.Push(slot);
        if (taken.IsStored && taken.Message.IsResident)
        {
            _residentCount--;
            ResidentBytes -= taken.Message.SizeBytes;
            if (_resident.Count > ToleratedItems + (2 * _residentCount))
                ForgetGone();
        }
        return taken;
    }

    private int Put(in WaitingMessage message, Lsn lsn)
    {
        if (!_free.TryPop(out int slot))
        {
            slot = _slots.Count;
            _slots.Add(default);
        }
        Slots[slot] = message;
        if (message.IsStored && message.Message.IsResident)
        {
            _resident.Enqueue((lsn, message.Number, slot));
            _residentCount++;
            ResidentBytes += message.Message.SizeBytes;
        }
        return slot;
    }

    private Span<WaitingMessage> Slots => CollectionsMarshal.AsSpan(_slots);

    private static MovedEntry? Find(IReadOnlyList<MovedEntry> moves, long number)
    {
        int low = 0;
        int high = moves.Count - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            long index = moves[middle].Index.Value;
            if (index == number)
                return moves[middle];
            if (index < number)
                low = middle + 1;
            else
                high = middle - 1;
        }
        return null;
    }

    // The last of many has left: they may have been millions.
    private void Shrink()
    {
        _resident = new();
        _free = [];
        _slots.Clear();
        _slots.TrimExcess();
        _order.TrimExcess();
    }

    private void ForgetGone()
    {
        var kept = new Queue<(Lsn Lsn, long Number, int Slot)>(_residentCount);
        var seen = new HashSet<int>(_residentCount);
        foreach ((Lsn Lsn, long Number, int Slot) item in _resident)
        {
            if (Slots[item.Slot].Number == item.Number && Slots[item.Slot].Message.IsResident && seen.Add(item.Slot))
                kept.Enqueue(item);
        }
        _resident = kept;
    }
}
