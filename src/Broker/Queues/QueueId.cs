namespace Warren.Broker.Queues;

/// <summary>
/// A queue's identity: the number of the definitions change that created it. Names come back; ids do not.
/// </summary>
public readonly record struct QueueId(long Value);
