namespace Warren.Cluster.Turns;

/// <summary>Wakes the one loop that waits for it. Raising it twice before a wait counts once.</summary>
public interface ILoopSignal
{
    /// <summary>From any thread; the loop goes on elsewhere.</summary>
    void Raise();

    /// <summary>The loop's alone; at once if it was raised since.</summary>
    ValueTask WaitAsync();
}
