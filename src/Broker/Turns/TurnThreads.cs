using System.Collections.Concurrent;
using Warren.Storage.Threads;

namespace Warren.Broker.Turns;

/// <summary>
/// Threads of their own for the turns of members of replicated queues, as many as processors. Such a turn is short and
/// soon followed by another, which a link or the log brings: the pool, whose threads look for more work before they
/// sleep and wake one more than there is work for, spent more on that than on the turns
/// (docs/decisions/0019-threads-of-replication.md). These sleep at once; whoever schedules a turn wakes one, unless one
/// that was woken before is still looking for a turn.
/// <para>Invariant: while a turn waits, a thread is awake that will look again before it sleeps. Turns must not
/// wait.</para>
/// </summary>
public sealed class TurnThreads : ITurnScheduler
{
    private readonly ConcurrentQueue<IThreadPoolWorkItem> _turns = new();
    private readonly Lock _lock = new();
    private readonly Stack<ThreadSignal> _asleep = new();
    private int _asleepCount;

    // A thread was woken and has not found out yet whether there is anything to do; set under the lock.
    private bool _isLooking;

    /// <param name="count">How many.</param>
    public TurnThreads(int count)
    {
        for (int number = 0; number < count; number++)
            new Thread(Run) { IsBackground = true, Name = "members" }.Start();
    }

    /// <summary>The process's; begun with its first member.</summary>
    public static TurnThreads Shared { get; } = new(Math.Max(2, Environment.ProcessorCount));

    public void Schedule(IThreadPoolWorkItem turn)
    {
        _turns.Enqueue(turn);
        WakeOne();
    }

    public void ScheduleNext(IThreadPoolWorkItem loop) => Schedule(loop);

    private void WakeOne()
    {
        // What was enqueued is seen by a thread that is seen here to be awake, or looking: both look again.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _asleepCount) == 0 || Volatile.Read(ref _isLooking))
            return;
        ThreadSignal? one;
        lock (_lock)
        {
            if (_isLooking || !_asleep.TryPop(out one))
                return;
            _asleepCount = _asleep.Count;
            _isLooking = true;
        }
        one.Raise();
    }

    private void Run()
    {
        BatchThread.Enter();
        var signal = new ThreadSignal();
        while (true)
        {
            RunAll();
            lock (_lock)
            {
                _asleep.Push(signal);
                _asleepCount = _asleep.Count;
            }
            // Something may have come after the last look, from somebody who saw nobody asleep.
            Interlocked.MemoryBarrier();
            if (!_turns.IsEmpty)
                WakeOne();
            signal.Wait();
            RunFirst();
        }
    }

    // Woken: the first turn is looked for on behalf of all.
    private void RunFirst()
    {
        bool isThere = _turns.TryDequeue(out IThreadPoolWorkItem? turn);
        Interlocked.Exchange(ref _isLooking, false);
        if (!isThere)
            return;
        if (!_turns.IsEmpty)
            WakeOne();
        turn!.Execute();
    }

    private void RunAll()
    {
        while (_turns.TryDequeue(out IThreadPoolWorkItem? turn))
        {
            if (!_turns.IsEmpty)
                WakeOne();
            turn.Execute();
        }
    }
}
