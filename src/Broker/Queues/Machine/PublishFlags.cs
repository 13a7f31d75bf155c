namespace Warren.Broker.Queues;

/// <summary>What a queue must know of a message beyond its bytes.</summary>
[Flags]
public enum PublishFlags : byte
{
    None = 0,

    /// <summary>delivery-mode 2.</summary>
    Persistent = 1,

    /// <summary>The queue's log has it. Set by the queue alone.</summary>
    Stored = 2,

    /// <summary>
    /// It is not stored, but was written to spare memory: <see cref="PagedLog"/> has it. Set by the queue alone.
    /// </summary>
    Paged = 4,

    /// <summary>It was taken out of its place in a <see cref="MessageRun"/>, which goes when it is the first.</summary>
    Gone = 8,
}
