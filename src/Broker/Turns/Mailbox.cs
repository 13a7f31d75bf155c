using System.Buffers;
using System.Runtime.CompilerServices;

namespace Warren.Broker.Turns;

/// <summary>
/// The whole concurrency model: anybody posts, one turn at a time handles, always everything that has come meanwhile.
/// The lock guards two array operations and nothing is called under it, so it is a leaf and hardly contends.
/// Invariant: <see cref="Handle"/> never runs twice at once, and items are handled in the order they were posted.
/// </summary>
public abstract class Mailbox<T> : IThreadPoolWorkItem
    where T : struct
{
    /// <summary>
    /// Batches handled before the turn goes to the back of the pool's queue, so that no mailbox starves the others.
    /// </summary>
    private const int BatchesPerTurn = 8;

    /// <summary>
    /// An inbox that grows beyond this is borrowed, and given back when it is no longer filled: the lengths of batches
    /// vary from one turn to the next, and an array made anew each time would cost more than its messages.
    /// </summary>
    private const int OwnItems = 16;

    /// <summary>A batch of so few is quiet traffic: two messages with their credit and an acknowledgement.</summary>
    private const int InlineItems = 4;

    private readonly ITurnScheduler _turns;
    private readonly Lock _lock = new();
    private T[] _inbox = [];
    private T[] _batch = [];
    private int _count;
    private bool _scheduled;

    protected Mailbox(ITurnScheduler turns) => _turns = turns;

    public void Post(in T item)
    {
        bool go;
        lock (_lock)
        {
            EnsureRoom(1);
            _inbox[_count++] = item;
            go = !_scheduled;
            _scheduled = true;
        }
        if (go)
            _turns.Schedule(this);
    }

    public void Post(ReadOnlySpan<T> items)
    {
        if (items.IsEmpty)
            return;
        bool go;
        lock (_lock)
        {
            EnsureRoom(items.Length);
            items.CopyTo(_inbox.AsSpan(_count));
            _count += items.Length;
            go = !_scheduled;
            _scheduled = true;
        }
        if (go)
            _turns.Schedule(this);
    }

    /// <summary>
    /// Posts and, if there is little of it and no turn is under way, handles it on this thread: quiet traffic is spared
    /// the hop to another thread, busy traffic keeps its pipeline (docs/decisions/0002-threading.md). For connections'
    /// turns only: what this mailbox's turn does must never wait for the poster, nor post inline itself.
    /// </summary>
    public void PostOrRun(ReadOnlySpan<T> items)
    {
        if (items.IsEmpty)
            return;
        bool go;
        lock (_lock)
        {
            EnsureRoom(items.Length);
            items.CopyTo(_inbox.AsSpan(_count));
            _count += items.Length;
            go = !_scheduled;
            _scheduled = true;
        }
        if (!go)
            return;
        if (items.Length <= InlineItems)
            RunTurn();
        else
            _turns.Schedule(this);
    }

    /// <summary>
    /// Posts and, if no turn is under way, handles on this thread. For connection loops only: they hold nothing and are
    /// not inside another turn.
    /// </summary>
    protected void PostInline(in T item)
    {
        lock (_lock)
        {
            EnsureRoom(1);
            _inbox[_count++] = item;
            if (_scheduled)
                return;
            _scheduled = true;
        }
        RunTurn();
    }

    void IThreadPoolWorkItem.Execute() => RunTurn();

    protected abstract void Handle(ReadOnlySpan<T> batch);

    private void RunTurn()
    {
        for (int round = 0; round < BatchesPerTurn; round++)
        {
            int count = TakeBatch();
            if (count == 0)
                return;
            Span<T> batch = _batch.AsSpan(0, count);
            Handle(batch);
            if (RuntimeHelpers.IsReferenceOrContainsReferences<T>())
                batch.Clear();
        }
        _turns.Schedule(this);
    }

    private int TakeBatch()
    {
        lock (_lock)
        {
            int count = _count;
            if (count == 0)
            {
                _scheduled = false;
                return 0;
            }
            T[] spare = Spare(count);
            _batch = _inbox;
            _inbox = spare;
            _count = 0;
            return count;
        }
    }

    // The array of the batch that is done, or a shorter one if it has become too long for what comes now.
    private T[] Spare(int count)
    {
        if (_batch.Length <= OwnItems || count >= _batch.Length / 8)
            return _batch;
        int shorter = _batch.Length / 4;
        ArrayPool<T>.Shared.Return(_batch);
        return shorter > OwnItems ? ArrayPool<T>.Shared.Rent(shorter) : [];
    }

    private void EnsureRoom(int items)
    {
        if (_count + items <= _inbox.Length)
            return;
        int neededItems = Math.Max(_count + items, Math.Max(4, _inbox.Length * 2));
        T[] larger = neededItems > OwnItems ? ArrayPool<T>.Shared.Rent(neededItems) : new T[neededItems];
        Span<T> waiting = _inbox.AsSpan(0, _count);
        waiting.CopyTo(larger);
        if (_inbox.Length > OwnItems)
        {
            waiting.Clear();
            ArrayPool<T>.Shared.Return(_inbox);
        }
        _inbox = larger;
    }
}
