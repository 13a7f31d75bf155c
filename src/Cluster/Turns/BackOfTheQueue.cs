using System.Runtime.CompilerServices;

namespace Warren.Cluster.Turns;

/// <summary>
/// Awaited by the one loop that owns it when it has had its share: goes on behind all that is scheduled. (Task.Yield
/// goes to the front of the thread's own queue, which lets nobody pass.)
/// </summary>
/// <param name="schedule">Runs it once, behind what has been scheduled before.</param>
public sealed class BackOfTheQueue(Action<IThreadPoolWorkItem> schedule)
    : ICriticalNotifyCompletion, IThreadPoolWorkItem
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
        schedule(this);
    }

    void IThreadPoolWorkItem.Execute() => _continuation!();
}
