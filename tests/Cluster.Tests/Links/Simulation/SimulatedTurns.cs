namespace Warren.Cluster.Tests.Links;

/// <summary>What is scheduled runs on the test's own thread, one after another, until nothing is left.</summary>
internal sealed class SimulatedTurns
{
    private readonly Queue<Action> _turns = [];

    public void Schedule(IThreadPoolWorkItem turn) => _turns.Enqueue(turn.Execute);

    public void Schedule(Action turn) => _turns.Enqueue(turn);

    public void Run()
    {
        // Without a context of the test's framework, what waits goes on inline.
        SynchronizationContext? context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            while (_turns.TryDequeue(out Action? turn))
                turn();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }
}
