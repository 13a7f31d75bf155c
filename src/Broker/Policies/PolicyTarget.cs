namespace Warren.Broker.Policies;

/// <summary>What a policy is for: its apply-to.</summary>
public enum PolicyTarget
{
    /// <summary>Exchanges and queues.</summary>
    All,

    Queues,

    ClassicQueues,

    QuorumQueues,

    Streams,

    Exchanges,
}
