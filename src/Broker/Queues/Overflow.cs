namespace Warren.Broker.Queues;

/// <summary>What a full queue does (<c>x-overflow</c>).</summary>
public enum Overflow
{
    DropHead,
    RejectPublish,
    RejectPublishDeadLetter,
}
