using Warren.Broker.Messages;
using Warren.Broker.Queues.Replicated;
using Warren.Cluster.Groups;
using Warren.Storage;

namespace Warren.Broker.Queues;

/// <summary>
/// Which ready messages have their bytes in memory. Stored messages beyond a budget give theirs up once they are
/// durable; others are written first, to a group of their own, when the node is short of memory. When the head is
/// wanted and not here, it is fetched with those behind it, in batches, one batch under way at a time. Pure: it names
/// what to read, the shell has it read.
/// Invariant: a message that is not resident is either in <see cref="_fetched"/>, in the batch under way, or will be
/// named by a batch to come.
/// </summary>
internal sealed class Paging(EffectList effects, ReadyMessages ready, QueueLog log, QueueTotals totals)
    : INewMessages
{
    /// <summary>What stays at a lane's head when the rest gives its bytes up: enough to begin with.</summary>
    private const int KeptBytes = 64 * 1024;

    /// <summary>What a turn writes of messages that are not stored, at most: others wait for the thread.</summary>
    private const long WrittenBytesPerTurn = 256 * 1024;

    /// <summary>Below either, more is read ahead.</summary>
    private const int LowBytes = 128 * 1024;
    private const int LowMessages = 256;

    private readonly FetchBatch _batch = new();
    private Dictionary<long, Message>? _fetched;
    // Left while they were being read: what comes of them is given back.
    private HashSet<long>? _unwanted;
    // Of the fetched, those that the disk refused to read.
    private HashSet<long>? _refused;
    private long _fetchedBytes;
    private bool _isWanted;
    private bool _discardsBatch;

    /// <summary>
    /// The head could not be read, and other members of the queue have it (<see cref="QueueLog.IsKeptByOthers"/>): it
    /// stays the head, and the queue is to go on elsewhere. Null: no such thing was found.
    /// </summary>
    public UnreadableEntry? Unreadable { get; private set; }

    /// <summary>A batch is under way.</summary>
    public bool IsFetching { get; private set; }

    /// <summary>Messages up to this position may be handed out: of a replicated queue, what is committed.</summary>
    public long Limit { get; set; } = long.MaxValue;

    /// <summary>
    /// By priority, up to which position messages may be handed out, of a replicated queue; all others may. It holds
    /// up nothing that goes otherwise.
    /// </summary>
    public long[]? Frontier { get; set; }

    /// <summary>
    /// Of those who have the queue to themselves this one may get something; where there is a <see cref="Frontier"/>.
    /// </summary>
    public Consumer? Holder { get; set; }

    /// <summary>The head, which there is, lies within the frontier.</summary>
    public bool MayHandOut => Frontier is not { } frontier || ready.First.Position <= frontier[ready.First.Priority];

    /// <inheritdoc/>
    public long FirstNew(int priority) => ready.FirstNew(priority);

    /// <summary>A message that comes may not be handed out at once.</summary>
    public bool IsLimited => Limit != long.MaxValue;

    /// <summary>
    /// The head's bytes are being read, or cannot be, or it may not be handed out: nothing can be done with it before
    /// that is over.
    /// </summary>
    public bool AwaitsHead => (IsFetching && LacksHead)
        || (ready.Count > 0 && (ready.First.Position > Limit || ready.First.Position == Unreadable?.Index.Value));

    /// <summary>Bytes were wanted, none are being read, and the head has its own.</summary>
    public bool IsSatisfied => _isWanted && !IsFetching && !LacksHead;

    private bool LacksHead =>
        ready.Count > 0
        && !ready.First.Message.IsResident
        && (_fetched is null || !_fetched.ContainsKey(ready.First.Position));

    /// <summary>
    /// Whether there is a head whose bytes are here; if they are not, they will be fetched. Heads that cannot be read
    /// and that nobody else has are dropped on the way.
    /// </summary>
    public bool HasHead()
    {
        while (ready.Count > 0)
        {
            ref QueuedMessage first = ref ready.First;
            if (first.Position > Limit)
                return false;
            if (first.Message.IsResident)
                return true;
            if (_fetched is null || !_fetched.TryGetValue(first.Position, out Message message))
            {
                _isWanted = true;
                return false;
            }
            if (message.IsResident)
                return true;
            if (log.IsKeptByOthers)
            {
                bool isRefused = _refused?.Contains(first.Position) == true;
                Unreadable ??= UnreadableEntry.Of(first.Position, isRefused);
                return false;
            }
            Lose();
        }
        return false;
    }

    /// <summary>
    /// The same, if it may be handed out while this consumer has the queue to itself; null: none has.
    /// </summary>
    public bool HasHeadFor(Consumer? holder) =>
        HasHead() && MayHandOut && (holder is null || Frontier is null || holder == Holder);

    /// <summary>Takes the head with its bytes; false if <see cref="HasHead"/> is.</summary>
    public bool TryTake(out QueuedMessage queued)
    {
        if (!HasHead())
        {
            queued = default;
            return false;
        }
        ready.TakeFirst(out queued);
        bool isResident = queued.Message.IsResident;
        log.Paged.Remove(ref queued);
        if (isResident)
            return true;
        _fetched!.Remove(queued.Position, out Message message);
        queued.Message = message;
        _fetchedBytes -= message.SizeBytes;
        // Room for hundreds: a queue that has drained keeps none.
        if (ready.Count == 0 && _fetched.Count == 0)
            _fetched = null;
        _isWanted |= (_fetched is null || _fetched.Count < LowMessages) && _fetchedBytes < LowBytes;
        return true;
    }

    /// <summary>Takes the head for good: whatever bytes it has are given back.</summary>
    public void Drop(out QueuedMessage queued)
    {
        ready.TakeFirst(out queued);
        GiveUp(ref queued);
    }

    /// <summary>The same of one that was taken out.</summary>
    public void GiveUp(ref QueuedMessage queued)
    {
        if (queued.Message.IsResident)
            effects.Release(in queued.Message);
        else if (_fetched is not null && _fetched.Remove(queued.Position, out Message message))
        {
            effects.Release(in message);
            _fetchedBytes -= message.SizeBytes;
            _refused?.Remove(queued.Position);
        }
        else if (IsFetching)
            (_unwanted ??= []).Add(queued.Position);
        log.Paged.Remove(ref queued);
    }

    /// <summary>Drops everything. Counted and logged by the caller.</summary>
    public void Clear(Action<long>? drop)
    {
        while (ready.Count > 0)
        {
            ready.TakeFirst(out QueuedMessage queued);
            effects.Release(in queued.Message);
            if (queued.IsStored)
                drop?.Invoke(queued.Position);
            log.Paged.Remove(ref queued);
        }
        if (_fetched is not null)
        {
            foreach (Message message in _fetched.Values)
                effects.Release(in message);
            _fetched = null;
        }
        _refused = null;
        _fetchedBytes = 0;
        _isWanted = false;
        _discardsBatch = IsFetching;
    }

    /// <summary>
    /// Gives bytes up beyond the budget; quick when there is nothing to give up. <paramref name="writes"/>: messages
    /// that are not stored are written for it.
    /// </summary>
    public void PageOut(long budgetBytes, bool writes)
    {
        if (ready.ResidentBytes <= budgetBytes)
            return;
        long keepBytes = Math.Min(KeptBytes, budgetBytes);
        ready.PageOut(log.DurablePosition, keepBytes, effects);
        PagedLog paged = log.Paged;
        if (!writes && paged.PendingBytes == 0)
            return;
        // What has been written leaves when it is durable, and is not written for again.
        long beyondBytes = ready.ResidentBytes - paged.PendingBytes - budgetBytes;
        paged.Allow(writes ? Math.Min(beyondBytes, WrittenBytesPerTurn) : 0);
        ready.PageOutUnstored(paged, keepBytes, effects);
    }

    /// <summary>What is to be read now; null: nothing. Given back to <see cref="Fetched"/>.</summary>
    public FetchBatch? NextFetch()
    {
        if (!_isWanted || IsFetching || ready.Count == 0)
            return null;
        _isWanted = false;
        ready.CollectPagedOut(_batch, position => _fetched is not null && _fetched.ContainsKey(position));
        if (_batch.Count == 0)
        {
            if (LacksHead)
                throw new InvalidOperationException("The head of a queue is not in memory and nobody would read it.");
            return null;
        }
        foreach (ref FetchItem item in _batch.Items)
        {
            if (!item.IsPaged)
                item = log.Locate(in item);
        }
        IsFetching = true;
        return _batch;
    }

    /// <summary>The batch has been read.</summary>
    public void Fetched()
    {
        foreach (FetchItem item in _batch.Items)
        {
            Message message = item.Message;
            if (_discardsBatch || (_unwanted is not null && _unwanted.Contains(item.Position)))
                effects.Release(in message);
            else
            {
                (_fetched ??= []).Add(item.Position, message);
                _fetchedBytes += message.SizeBytes;
                if (item.IsRefused)
                    (_refused ??= []).Add(item.Position);
            }
        }
        _batch.Clear();
        _unwanted = null;
        IsFetching = false;
        _discardsBatch = false;
    }

    private void Lose()
    {
        ready.TakeFirst(out QueuedMessage queued);
        _fetched!.Remove(queued.Position);
        _fetchedBytes -= queued.Message.SizeBytes;
        totals.Lost++;
        // What the disk only refused to read stays in the log: the next start may read it, if it was stored. So does
        // what a replicated queue of one member has: the replica knows of it.
        bool isRefused = _refused is not null && _refused.Remove(queued.Position);
        if (queued.IsPaged)
            log.Paged.Remove(ref queued);
        else if (!isRefused && !IsLimited)
            log.Remove(queued.Position);
        effects.Lost(queued.Position);
    }
}
