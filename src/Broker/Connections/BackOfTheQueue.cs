using System.Runtime.CompilerServices;
using Warren.Broker.Turns;

namespace Warren.Broker.Connections;

/// <summary>
/// Awaited by the one loop that owns it when it has had its share: goes on behind all that is scheduled. (Task.Yield
/// goes to the front of the thread's own queue, which lets nobody pass.)
/// </summary>
internal sealed class BackOfTheQueue(ITurnScheduler turns) : ICriticalNotifyCompletion, IThreadPoolWorkItem
{
    private Action? _continuation;

    public bool IsCompleted => false;

    public BackOfTheQueue GetAwaiter() => this;

    public void GetResult()
    {
    }

    public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

    public void UnsafeOnCompleted(Action continuation)
    {
        _continuation = continuation;
        turns.Schedule(this);
    }

    void IThreadPoolWorkItem.Execute() => _continuation!();
}
