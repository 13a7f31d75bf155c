namespace Warren.Broker.Turns;

/// <summary>
/// Turns run on the runtime's thread pool (docs/decisions/0002-threading.md), but for those of members of replicated
/// queues.
/// </summary>
public sealed class ThreadPoolTurns : ITurnScheduler
{
    public static ThreadPoolTurns Instance { get; } = new();

    public ITurnScheduler OfMembers => TurnThreads.Shared;

    // The global queue, not the caller's local one: a local queue is last in first out, which starves older turns.
    public void Schedule(IThreadPoolWorkItem turn) => ThreadPool.UnsafeQueueUserWorkItem(turn, preferLocal: false);

    public void ScheduleNext(IThreadPoolWorkItem loop) => ThreadPool.UnsafeQueueUserWorkItem(loop, preferLocal: true);
}
