namespace Warren.Broker.Queues.Replicated;

/// <summary>What a leader says of the queue's time to whoever comes; does not change.</summary>
/// <param name="Term">The leader's.</param>
/// <param name="AheadMs">The queue's time less this process's monotonic one; null: it asks for it.</param>
internal sealed record TimeWord(long Term, long? AheadMs);
