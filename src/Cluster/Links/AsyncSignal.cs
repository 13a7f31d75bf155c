using System.Threading.Tasks.Sources;

namespace Warren.Cluster.Links;

/// <summary>
/// Wakes the one loop that waits for it, without allocating. Raising it twice before a wait counts once; raising it
/// before the wait makes the wait return at once. The loop goes on as a turn of its own, never inline on who raises.
/// </summary>
internal sealed class AsyncSignal(Action<IThreadPoolWorkItem> schedule) : IValueTaskSource, IThreadPoolWorkItem
{
    private const int Idle = 0;
    private const int Raised = 1;
    private const int Waiting = 2;

    private ManualResetValueTaskSourceCore<bool> _core;
    private int _state;

    // What is to be seen was added under a lock that the loop takes too, so a signal that is still up need not be
    // raised again.
    public void Raise()
    {
        if (Volatile.Read(ref _state) != Raised && Interlocked.Exchange(ref _state, Raised) == Waiting)
            schedule(this);
    }

    void IThreadPoolWorkItem.Execute() => _core.SetResult(true);

    public ValueTask WaitAsync()
    {
        if (Interlocked.CompareExchange(ref _state, Idle, Raised) == Raised)
            return ValueTask.CompletedTask;
        _core.Reset();
        if (Interlocked.CompareExchange(ref _state, Waiting, Idle) == Idle)
            return new ValueTask(this, _core.Version);
        Volatile.Write(ref _state, Idle);
        return ValueTask.CompletedTask;
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
}
