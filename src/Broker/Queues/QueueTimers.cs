namespace Warren.Broker.Queues;

/// <summary>
/// When queues must look at their clocks: expiring messages, expiring queues, overdue deliveries. One timer for the
/// whole node, set to the earliest. Guarded by a leaf lock; an entry may be stale, a tick too many is harmless.
/// </summary>
internal sealed class QueueTimers : IDisposable
{
    /// <summary>
    /// What is further away is looked at again then: an entry keeps its queue in memory, also one that was deleted.
    /// </summary>
    private const long FarAwayMs = 60_000;

    private readonly MessageBroker _broker;
    private readonly Lock _lock = new();
    private readonly PriorityQueue<Queue, long> _due = new();
    private readonly ITimer _timer;
    private long _setForMs = long.MaxValue;

    public QueueTimers(MessageBroker broker)
    {
        _broker = broker;
        _timer = broker.Time.CreateTimer(
            static state => ((QueueTimers)state!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public void Schedule(Queue queue, long dueMs)
    {
        if (dueMs == long.MaxValue)
            return;
        dueMs = Math.Min(dueMs, _broker.NowMs + FarAwayMs);
        lock (_lock)
        {
            _due.Enqueue(queue, dueMs);
            if (dueMs < _setForMs)
                SetTimer(dueMs);
        }
    }

    public void Dispose() => _timer.Dispose();

    private void OnTimer()
    {
        long nowMs = _broker.NowMs;
        lock (_lock)
        {
            _setForMs = long.MaxValue;
            while (_due.TryPeek(out Queue? queue, out long dueMs))
            {
                if (dueMs > nowMs)
                {
                    SetTimer(dueMs);
                    return;
                }
                _due.Dequeue();
                queue.Post(QueueCommand.Tick());
            }
        }
    }

    private void SetTimer(long dueMs)
    {
        _setForMs = dueMs;
        long delayMs = Math.Clamp(dueMs - _broker.NowMs, 1, FarAwayMs);
        _timer.Change(TimeSpan.FromMilliseconds(delayMs), Timeout.InfiniteTimeSpan);
    }
}
