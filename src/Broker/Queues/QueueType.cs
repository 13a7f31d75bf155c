namespace Warren.Broker.Queues;

/// <summary>x-queue-type.</summary>
public enum QueueType
{
    Classic,
    Quorum,
    Stream,
}
