namespace Warren.Broker.Queues;

/// <summary>Why a queue dropped a consumer on its own account.</summary>
public enum CancelReason : byte
{
    QueueClosed,

    /// <summary>A delivery stayed unacknowledged for longer than the consumer timeout.</summary>
    Timeout,
}
