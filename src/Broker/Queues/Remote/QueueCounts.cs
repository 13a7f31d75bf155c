namespace Warren.Broker.Queues.Remote;

/// <summary>What a home told of a queue when it was asked last.</summary>
internal sealed record QueueCounts(
    int Ready, int Unacked, long ReadyBytes, long UnackedBytes, long ResidentBytes, int Consumers, long Holder)
{
    /// <summary>On the wire, behind the queue's id.</summary>
    public const int SizeBytes = 4 + 4 + 8 + 8 + 8 + 4 + 8;

    public static QueueCounts None { get; } = new(0, 0, 0, 0, 0, 0, 0);
}
