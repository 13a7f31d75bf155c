namespace Warren.Broker.Turns;

/// <summary>
/// The seam of turns: who runs a mailbox's turn, and when. Production uses the thread pool; a simulation runs
/// everything on one thread in an order drawn from a seed.
/// </summary>
public interface ITurnScheduler
{
    /// <summary>Runs it once, behind what has been scheduled before.</summary>
    void Schedule(IThreadPoolWorkItem turn);

    /// <summary>
    /// Runs it once, soon: a loop goes on that the running turn has woken, with what that turn has at hand.
    /// </summary>
    void ScheduleNext(IThreadPoolWorkItem loop);

    /// <summary>
    /// For the turns of members of replicated queues, which links and the log wake many times a second.
    /// </summary>
    ITurnScheduler OfMembers => this;
}
