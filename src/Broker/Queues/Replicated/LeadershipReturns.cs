using Warren.Cluster.Groups;

namespace Warren.Broker.Queues.Replicated;

/// <summary>
/// All of a node's members hand over what they lead, side by side: counts how they fare. Told in the turns of the
/// queues.
/// </summary>
internal sealed class LeadershipReturns
{
    private readonly TaskCompletionSource _all = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _waitedFor = 1;
    private int _led;
    private int _handedOver;

    /// <summary>One member is to tell.</summary>
    public void Expect() => Interlocked.Increment(ref _waitedFor);

    /// <summary>A member has begun.</summary>
    public void Begun(bool leads)
    {
        if (leads)
            Interlocked.Increment(ref _led);
    }

    /// <summary>A member has ended, or is gone.</summary>
    public void Ended(bool isHandedOver)
    {
        if (isHandedOver)
            Interlocked.Increment(ref _handedOver);
        if (Interlocked.Decrement(ref _waitedFor) == 0)
            _all.SetResult();
    }

    /// <summary>Ends when all have told, or in time.</summary>
    public async Task<HandedOver> WaitAsync(TimeSpan limit, TimeProvider time)
    {
        Ended(isHandedOver: false);
        try
        {
            await _all.Task.WaitAsync(limit, time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // What is left is counted.
        }
        int led = Volatile.Read(ref _led);
        return new HandedOver(led, led - Volatile.Read(ref _handedOver));
    }
}
