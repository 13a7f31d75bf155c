namespace Warren.Micro;

/// <summary>What was posted to a queue since its last turn.</summary>
internal sealed class Inbox
{
    internal Batch<Message> Messages { get; } = new();

    internal Batch<(Consumer Consumer, int Count)> Credits { get; } = new();

    internal bool IsEmpty => Messages.Count == 0 && Credits.Count == 0;

    internal void ApplyTo(QueueState state)
    {
        foreach ((Consumer consumer, int count) in Credits.Items)
            state.AddCredit(consumer, count);
        state.Publish(Messages.Items);
        state.Match();
        Messages.Clear();
        Credits.Clear();
    }
}
