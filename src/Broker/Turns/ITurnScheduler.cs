namespace Warren.Broker.Turns;

/// <summary>
/// The seam of turns: who runs a mailbox's turn, and when. Production uses the thread pool; a simulation runs
/// everything on one thread in an order drawn from a seed.
/// </summary>
public interface ITurnScheduler
{
    void Schedule(IThreadPoolWorkItem turn);
}
