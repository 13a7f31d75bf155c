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
}
