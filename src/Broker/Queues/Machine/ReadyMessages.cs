using System.Numerics;

namespace Warren.Broker.Queues;

/// <summary>
/// The messages that wait for a taker: one lane a priority, the highest first; in a lane the returned ones, then the
/// run of new ones. The first message of the highest lane is the queue's head: the only one that is delivered,
/// dropped or expires. Invariant: a lane's bit is set exactly while the lane holds a message.
/// </summary>
internal sealed class ReadyMessages
{
    private readonly Lane?[] _lanes;
    private readonly ulong[] _occupied;
    private long _returns;

    public ReadyMessages(byte maxPriority)
    {
        _lanes = new Lane?[maxPriority + 1];
        _occupied = new ulong[maxPriority / 64 + 1];
    }

    public int Count { get; private set; }

    /// <summary>Bytes of the bodies.</summary>
    public long Bytes { get; private set; }

    /// <summary>How many of the messages can expire.</summary>
    public int Expiring { get; private set; }

    /// <summary>The head. Only while <see cref="Count"/> is not 0.</summary>
    public ref QueuedMessage First
    {
        get
        {
            Lane lane = _lanes[HighestLane()]!;
            return ref lane.Returned is { Count: > 0 } returned ? ref returned.First : ref lane.Run.First;
        }
    }

    /// <summary>Adds a message behind all others of its priority; its position is the highest so far.</summary>
    public void Add(in QueuedMessage queued)
    {
        Enter(in queued).Run.Add(in queued);
    }

    /// <summary>Puts a message back where it was.</summary>
    public void PutBack(in QueuedMessage queued)
    {
        Lane lane = Enter(in queued);
        (lane.Returned ??= new ReturnedMessages()).Add(in queued, queued.Position);
    }

    /// <summary>Puts a message before the new ones, behind those that came back earlier (quorum queues).</summary>
    public void PutBehindReturned(in QueuedMessage queued)
    {
        Lane lane = Enter(in queued);
        (lane.Returned ??= new ReturnedMessages()).Add(in queued, ++_returns);
    }

    /// <summary>Removes the head.</summary>
    public void TakeFirst(out QueuedMessage queued)
    {
        int index = HighestLane();
        Lane lane = _lanes[index]!;
        if (lane.Returned is { Count: > 0 } returned)
        {
            queued = returned.First;
            returned.RemoveFirst();
        }
        else
        {
            queued = lane.Run.First;
            lane.Run.RemoveFirst();
        }
        if (lane.IsEmpty)
            _occupied[index >> 6] &= ~(1UL << index);
        Count--;
        Bytes -= queued.Message.BodySizeBytes;
        if (queued.Expires)
            Expiring--;
    }

    /// <summary>Shows every message to <paramref name="relocate"/>, which may put it elsewhere.</summary>
    public void Rehome(Relocation relocate)
    {
        foreach (Lane? lane in _lanes)
        {
            lane?.Returned?.Rehome(relocate);
            lane?.Run.Rehome(relocate);
        }
    }

    private Lane Enter(in QueuedMessage queued)
    {
        int index = queued.Priority;
        _occupied[index >> 6] |= 1UL << index;
        Count++;
        Bytes += queued.Message.BodySizeBytes;
        if (queued.Expires)
            Expiring++;
        return _lanes[index] ??= new Lane();
    }

    private int HighestLane()
    {
        int word = _occupied.Length - 1;
        while (_occupied[word] == 0)
            word--;
        return word * 64 + BitOperations.Log2(_occupied[word]);
    }

    private sealed class Lane
    {
        public MessageRun Run { get; } = new();

        public ReturnedMessages? Returned { get; set; }

        public bool IsEmpty => Run.Count == 0 && (Returned is null || Returned.Count == 0);
    }
}
