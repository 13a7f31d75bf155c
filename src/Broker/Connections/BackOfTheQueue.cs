using System.Runtime.CompilerServices;

namespace Warren.Broker.Connections;

/// <summary>
/// Awaited by a loop that has had its share: goes on behind all that the thread pool has queued. (Task.Yield goes to
/// the front of the thread's own queue, which lets nobody pass.)
/// </summary>
internal readonly struct BackOfTheQueue : ICriticalNotifyCompletion
{
    private static readonly Action<Action> Run = static continuation => continuation();

    public bool IsCompleted => false;

    public BackOfTheQueue GetAwaiter() => this;

    public void GetResult()
    {
    }

    public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

    public void UnsafeOnCompleted(Action continuation) =>
        ThreadPool.UnsafeQueueUserWorkItem(Run, continuation, preferLocal: false);
}
