namespace Warren.Broker.Channels;

/// <summary>
/// A publish that went to several queues, or a transaction: confirmed when the last of them has taken it. Queues count
/// it down in their turns, on any thread; whoever brings it to zero tells the channel.
/// </summary>
public sealed class PublishGroup
{
    private int _remaining;
    private int _rejected;

    /// <param name="remaining">How many verdicts are awaited, 1 or more.</param>
    /// <param name="commit">The transaction's commit that waits for them; null for a single publish.</param>
    public PublishGroup(int remaining, ChannelRequest? commit)
    {
        _remaining = remaining;
        Commit = commit;
    }

    public ChannelRequest? Commit { get; }

    public bool IsRejected => Volatile.Read(ref _rejected) != 0;

    /// <summary>Counts one verdict; true for the caller that brought the last.</summary>
    public bool Complete(bool accepted)
    {
        if (!accepted)
            Volatile.Write(ref _rejected, 1);
        return Interlocked.Decrement(ref _remaining) == 0;
    }
}
