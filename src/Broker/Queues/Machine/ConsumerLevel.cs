namespace Warren.Broker.Queues;

/// <summary>The consumers of one priority: the ready ones form a ring whose first is next to be served.</summary>
internal sealed class ConsumerLevel(int priority)
{
    public int Priority { get; } = priority;

    /// <summary>Its place among the levels, highest priority first.</summary>
    public int Index { get; set; }

    /// <summary>Consumers of this priority, ready or not.</summary>
    public int Members { get; set; }

    /// <summary>Who is served next; null: nobody here can take a message.</summary>
    public Consumer? First { get; private set; }

    /// <summary>Puts a consumer at the end of the round.</summary>
    public void Link(Consumer consumer)
    {
        if (First is null)
        {
            First = consumer;
            consumer.NextReady = consumer;
            consumer.PreviousReady = consumer;
            return;
        }
        Consumer last = First.PreviousReady!;
        consumer.NextReady = First;
        consumer.PreviousReady = last;
        last.NextReady = consumer;
        First.PreviousReady = consumer;
    }

    public void Unlink(Consumer consumer)
    {
        if (consumer.NextReady == consumer)
            First = null;
        else
        {
            consumer.PreviousReady!.NextReady = consumer.NextReady;
            consumer.NextReady!.PreviousReady = consumer.PreviousReady;
            if (First == consumer)
                First = consumer.NextReady;
        }
        consumer.NextReady = null;
        consumer.PreviousReady = null;
    }

    /// <summary>The first has got a message: it goes to the end of the round, or leaves it without credit.</summary>
    public void Served(Consumer consumer)
    {
        if (consumer.HasCredit)
            First = consumer.NextReady;
        else
            Unlink(consumer);
    }
}
