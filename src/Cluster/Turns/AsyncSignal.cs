using System.Threading.Tasks.Sources;

namespace Warren.Cluster.Turns;

/// <summary>
/// Wakes the one loop that waits for it, without allocating. Raising it twice before a wait counts once; raising it
/// before the wait makes the wait return at once. The loop goes on as a turn of its own, never inline on who raises.
/// </summary>
/// <param name="schedule">Runs it once, soon.</param>
public sealed class AsyncSignal(Action<IThreadPoolWorkItem> schedule)
    : ILoopSignal, IValueTaskSource, IThreadPoolWorkItem
{
    private const int Idle = 0;
    private const int Raised = 1;
    private const int Waiting = 2;

    private ManualResetValueTaskSourceCore<bool> _core;
    private int _state;

    /// <inheritdoc/>
    public void Raise()
    {
        if (Interlocked.Exchange(ref _state, Raised) == Waiting)
            schedule(this);
    }

    void IThreadPoolWorkItem.Execute() => _core.SetResult(true);

    /// <inheritdoc/>
    public ValueTask WaitAsync()
    {
        if (Interlocked.CompareExchange(ref _state, Idle, Raised) == Raised)
            return ValueTask.CompletedTask;
        _core.Reset();
        return Interlocked.CompareExchange(ref _state, Waiting, Idle) == Idle
            ? new ValueTask(this, _core.Version)
            : Consume();
    }

    public void GetResult(short token)
    {
        _core.GetResult(token);
        Interlocked.CompareExchange(ref _state, Idle, Raised);
    }

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    private ValueTask Consume()
    {
        Volatile.Write(ref _state, Idle);
        return ValueTask.CompletedTask;
    }
}
