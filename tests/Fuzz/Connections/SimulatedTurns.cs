using Warren.Broker.Turns;

namespace Warren.Fuzz.Connections;

/// <summary>
/// All turns and loops of a broker on the caller's thread, in an order drawn from a seed: whatever the thread pool
/// could do, one thing at a time.
/// </summary>
public sealed class SimulatedTurns(Random random) : ITurnScheduler
{
    private readonly List<IThreadPoolWorkItem> _waiting = [];

    /// <inheritdoc/>
    public void Schedule(IThreadPoolWorkItem turn) => _waiting.Add(turn);

    /// <inheritdoc/>
    public void ScheduleNext(IThreadPoolWorkItem loop) => _waiting.Add(loop);

    /// <summary>Whether there is something to run.</summary>
    public bool AreWaiting => _waiting.Count > 0;

    /// <summary>Runs up to that many turns, as long as there are some.</summary>
    public void Run(int count)
    {
        for (; count > 0 && _waiting.Count > 0; count--)
        {
            var at = random.Next(_waiting.Count);
            var chosen = _waiting[at];
            _waiting[at] = _waiting[^1];
            _waiting.RemoveAt(_waiting.Count - 1);
            chosen.Execute();
        }
    }
}
