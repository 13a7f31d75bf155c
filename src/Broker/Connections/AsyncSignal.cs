using System.Threading.Tasks.Sources;
using Warren.Broker.Turns;

namespace Warren.Broker.Connections;

/// <summary>
/// Wakes the one loop that waits for it, without allocating. Setting it twice before a wait counts once; setting it
/// before the wait makes the wait return at once. The loop goes on as a turn of its own, never inline on the setter.
/// </summary>
internal sealed class AsyncSignal(ITurnScheduler turns) : IValueTaskSource, IThreadPoolWorkItem
{
    private const int Idle = 0;
    private const int Set = 1;
    private const int Waiting = 2;

    private ManualResetValueTaskSourceCore<bool> _core;
    private int _state;

    public void Raise()
    {
        if (Interlocked.Exchange(ref _state, Set) == Waiting)
            turns.ScheduleNext(this);
    }

    void IThreadPoolWorkItem.Execute() => _core.SetResult(true);

    public ValueTask WaitAsync()
    {
        if (Interlocked.CompareExchange(ref _state, Idle, Set) == Set)
            return ValueTask.CompletedTask;
        _core.Reset();
        return Interlocked.CompareExchange(ref _state, Waiting, Idle) == Idle
            ? new ValueTask(this, _core.Version)
            : Consume();
    }

    public void GetResult(short token)
    {
        _core.GetResult(token);
        Interlocked.CompareExchange(ref _state, Idle, Set);
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
