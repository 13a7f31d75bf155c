using System.Diagnostics.CodeAnalysis;
using Warren.Broker.Turns;

namespace Warren.Fuzz.Connections;

/// <summary>
/// All turns and loops of a broker on the caller's thread, in an order drawn from a seed: whatever the thread pool
/// could do, one thing at a time. What continues on other threads may schedule too.
/// </summary>
public sealed class SimulatedTurns(Random random) : ITurnScheduler
{
    private readonly List<IThreadPoolWorkItem> _waiting = [];
    private readonly Lock _lock = new();

    /// <inheritdoc/>
    public void Schedule(IThreadPoolWorkItem turn)
    {
        lock (_lock)
            _waiting.Add(turn);
    }

    /// <inheritdoc/>
    public void ScheduleNext(IThreadPoolWorkItem loop) => Schedule(loop);

    /// <summary>Whether there is something to run.</summary>
    public bool AreWaiting
    {
        get
        {
            lock (_lock)
                return _waiting.Count > 0;
        }
    }

    /// <summary>Runs up to that many turns, as long as there are some.</summary>
    public void Run(int count)
    {
        for (; count > 0 && TryTake(out IThreadPoolWorkItem? chosen); count--)
            chosen.Execute();
    }

    private bool TryTake([NotNullWhen(true)] out IThreadPoolWorkItem? chosen)
    {
        lock (_lock)
        {
            chosen = null;
            if (_waiting.Count == 0)
                return false;
            int at = random.Next(_waiting.Count);
            chosen = _waiting[at];
            _waiting[at] = _waiting[^1];
            _waiting.RemoveAt(_waiting.Count - 1);
            return true;
        }
    }
}
