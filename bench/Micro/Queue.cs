namespace Warren.Micro;

/// <summary>What guards a queue's state: this is what the benchmark compares.</summary>
internal abstract class Queue
{
    protected QueueState State { get; } = new();

    internal void Attach(Consumer consumer) => State.Attach(consumer);

    /// <summary>Publishes what one read has brought.</summary>
    internal abstract void Post(ReadOnlySpan<Message> messages);

    /// <summary>Lets the consumer have so many messages more.</summary>
    internal abstract void ReturnCredit(Consumer consumer, int count);

    internal static Queue Create(Guard guard) => guard switch
    {
        Guard.PoolTurns => new MailboxQueue(),
        Guard.InlineTurns => new InlineQueue(),
        _ => new LockedQueue(),
    };
}
