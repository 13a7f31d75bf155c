namespace Warren.Micro;

/// <summary>A lock, held for one batch, on the thread that has the batch.</summary>
internal sealed class LockedQueue : Queue
{
    private readonly Lock _stateLock = new();

    internal override void Post(ReadOnlySpan<Message> messages)
    {
        lock (_stateLock)
        {
            State.Publish(messages);
            State.Match();
        }
    }

    internal override void ReturnCredit(Consumer consumer, int count)
    {
        lock (_stateLock)
        {
            State.AddCredit(consumer, count);
            State.Match();
        }
    }
}
