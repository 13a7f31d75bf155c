namespace Warren.Broker.Queues;

/// <summary>
/// A queue's identity: the index of the definitions entry that created it, and so its group in the node log. Names come
/// back; ids do not.
/// </summary>
public readonly record struct QueueId(long Value);
