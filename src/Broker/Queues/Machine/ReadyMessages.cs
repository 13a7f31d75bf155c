using System.Numerics;
using System.Runtime.InteropServices;
using Warren.Storage;

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

    /// <summary>Bytes, with envelope and properties, of the messages that are in memory.</summary>
    public long ResidentBytes { get; private set; }

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

    /// <summary>The position of the first message of a priority that has not come back; 0: there is none.</summary>
    public long FirstNew(int priority) =>
        _lanes[priority] is { Run.Count: > 0 } lane ? lane.Run.First.Position : 0;

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

    /// <summary>Takes out messages by their positions, wherever they are.</summary>
    public List<QueuedMessage> Take(HashSet<long> positions)
    {
        var taken = new List<QueuedMessage>();
        for (int index = 0; index < _lanes.Length; index++)
        {
            if (_lanes[index] is not { } lane)
                continue;
            int before = taken.Count;
            lane.Returned?.Take(positions, taken);
            lane.Run.Take(positions, taken);
            foreach (ref readonly QueuedMessage queued in CollectionsMarshal.AsSpan(taken)[before..])
                Left(index, lane, in queued);
        }
        return taken;
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
        Left(index, lane, in queued);
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

    /// <summary>
    /// Gives up the bytes of stored messages up to <paramref name="durablePosition"/>, except near each lane's head.
    /// </summary>
    public void PageOut(long durablePosition, long keepBytes, EffectList effects)
    {
        foreach (Lane? lane in _lanes)
        {
            if (lane is null || lane.IsEmpty)
                continue;
            ResidentBytes -= lane.Run.PageOut(durablePosition, keepBytes, effects);
            ResidentBytes -= lane.Returned?.PageOut(durablePosition, effects) ?? 0;
        }
    }

    /// <summary>
    /// Gives up the bytes of what was written to spare memory and is durable, and writes more as far as
    /// <paramref name="paged"/> has room, except near each lane's head.
    /// </summary>
    public void PageOutUnstored(PagedLog paged, long keepBytes, EffectList effects)
    {
        foreach (Lane? lane in _lanes)
        {
            if (lane is null || lane.IsEmpty)
                continue;
            if (paged.PendingBytes > 0)
            {
                ResidentBytes -= lane.Run.PageOutWritten(paged, effects);
                ResidentBytes -= lane.Returned?.PageOutWritten(paged, effects) ?? 0;
            }
            lane.Run.WriteOut(paged, keepBytes);
            lane.Returned?.WriteOut(paged);
        }
    }

    /// <summary>
    /// Names messages at the head whose bytes are not in memory; <paramref name="isNamed"/>: those that were before.
    /// </summary>
    public void CollectPagedOut(FetchBatch batch, Func<long, bool> isNamed)
    {
        Lane lane = _lanes[HighestLane()]!;
        lane.Returned?.CollectPagedOut(batch, isNamed);
        lane.Run.CollectPagedOut(batch);
    }

    /// <summary>Notes where records are now; <paramref name="moves"/> by rising position.</summary>
    public void Move(ReadOnlySpan<MovedEntry> moves)
    {
        foreach (Lane? lane in _lanes)
        {
            lane?.Run.Move(moves);
            lane?.Returned?.Move(moves);
        }
    }

    /// <summary>Notes where records of the paged group are now; <paramref name="moves"/> by rising index.</summary>
    public void MovePaged(ReadOnlySpan<MovedEntry> moves)
    {
        foreach (Lane? lane in _lanes)
        {
            lane?.Run.MovePaged(moves);
            lane?.Returned?.MovePaged(moves);
        }
    }

    /// <summary>Sets how often messages came back, by position.</summary>
    public void SetCounts(Dictionary<long, int> counts)
    {
        foreach (Lane? lane in _lanes)
            lane?.Run.SetCounts(counts);
    }

    private Lane Enter(in QueuedMessage queued)
    {
        int index = queued.Priority;
        _occupied[index >> 6] |= 1UL << index;
        Count++;
        Bytes += queued.Message.BodySizeBytes;
        if (queued.Message.IsResident)
            ResidentBytes += queued.Message.SizeBytes;
        if (queued.Expires)
            Expiring++;
        return _lanes[index] ??= new Lane();
    }

    private void Left(int index, Lane lane, in QueuedMessage queued)
    {
        if (lane.IsEmpty)
            _occupied[index >> 6] &= ~(1UL << index);
        Count--;
        Bytes -= queued.Message.BodySizeBytes;
        if (queued.Message.IsResident)
            ResidentBytes -= queued.Message.SizeBytes;
        if (queued.Expires)
            Expiring--;
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
