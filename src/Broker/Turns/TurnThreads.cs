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

    // 1: a thread was woken and has not found out yet whether there is anything to do.
    private int _isLooking;

    /// <param name="count">How many.</param>
    public TurnThreads(int count)
    {
        for (int number = 0; number < count; number++)
            new Thread(Run) { IsBackground = true, Name = "members" }.Start();
    }

    /// <summary>The process's; begun with the first turn.</summary>
    public static TurnThreads Shared { get; } = new(Math.Max(2, Environment.ProcessorCount));

    public void Schedule(IThreadPoolWorkItem turn)
    {
        _turns.Enqueue(turn);
        WakeOne();
    }

    public void ScheduleNext(IThreadPoolWorkItem loop) => Schedule(loop);

    private void WakeOne()
    {
        // What was enqueued must be seen by a thread that we see looking, or asleep.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _asleepCount) == 0 || Interlocked.CompareExchange(ref _isLooking, 1, 0) != 0)
            return;
        ThreadSignal? one;
        lock (_lock)
        {
            _asleep.TryPop(out one);
            _asleepCount = _asleep.Count;
        }
        if (one is not null)
            one.Raise();
        else
            // All are awake, and look again before they sleep.
            Interlocked.Exchange(ref _isLooking, 0);
    }

    private void Run()
    {
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
        Interlocked.Exchange(ref _isLooking, 0);
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
