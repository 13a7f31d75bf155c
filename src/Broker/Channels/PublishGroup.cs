using Warren.Broker.Queues.Replicated;
using Warren.Storage;

namespace Warren.Broker.Channels;

/// <summary>
/// A publish that went to several queues, a transaction, or a message that another queue gave up: complete when the
/// last of its targets has taken or refused it. Queues count it down in their turns, on any thread; whoever brings it
/// to zero tells the one who waits.
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

    /// <param name="remaining">How many verdicts are awaited, 1 or more.</param>
    /// <param name="completed">Called once, on the thread of the last verdict, true if nobody refused.</param>
    public PublishGroup(int remaining, Action<bool> completed)
    {
        _remaining = remaining;
        Completed = completed;
    }

    public ChannelRequest? Commit { get; }

    /// <summary>Who waits, if neither a channel nor a transaction does.</summary>
    internal Action<bool>? Completed { get; }

    /// <summary>Who waits is a channel that knows the publish by its number, if it has one.</summary>
    internal bool IsAnsweredByNumber => Commit is null && Completed is null;

    /// <summary>
    /// The message as the node log has it once for all its durable queues; null: each queue writes it itself.
    /// </summary>
    internal SharedBody? SharedBody { get; init; }

    /// <summary>Who waits wants to know that the message is safe, and not only that it has arrived.</summary>
    internal bool AwaitsSync { get; init; }

    /// <summary>What a replicated queue knows the message by, if it may come to it again.</summary>
    internal PublishOrigin? Origin { get; init; }

    /// <summary>Who waits keeps the message until it is safe elsewhere, however long that takes.</summary>
    internal bool IsKeptUntilSafe { get; init; }

    /// <summary>
    /// Who waits has it sent again, maybe elsewhere, when it is refused: one that is closed refuses it, also if that
    /// may come to nothing.
    /// </summary>
    internal bool GoesAgain { get; init; }

    /// <summary>Who waits keeps the message until it has arrived, or is safe.</summary>
    internal bool IsKept => NeedsNoSync || IsKeptUntilSafe;

    /// <summary>It is enough that it has arrived, in this order.</summary>
    internal bool NeedsNoSync => Completed is not null && !AwaitsSync && !IsKeptUntilSafe;

    public bool IsRejected => Volatile.Read(ref _rejected) != 0;

    /// <summary>Counts one verdict; true for the caller that brought the last.</summary>
    public bool Complete(bool accepted)
    {
        if (!accepted)
            Volatile.Write(ref _rejected, 1);
        return Interlocked.Decrement(ref _remaining) == 0;
    }
}
