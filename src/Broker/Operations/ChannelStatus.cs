namespace Warren.Broker.Operations;

/// <summary>A channel at one moment, as seen by its connection's turn.</summary>
public sealed record ChannelStatus
{
    public required ushort Number { get; init; }

    public bool IsTransactional { get; init; }

    public bool IsConfirming { get; init; }

    /// <summary>Deliveries that the client has not settled.</summary>
    public int Unacked { get; init; }

    /// <summary>Publishes that wait for tx.commit.</summary>
    public int UncommittedPublishes { get; init; }

    /// <summary>Settlements that wait for tx.commit.</summary>
    public int UncommittedSettlements { get; init; }

    /// <summary>
    /// Publishes whose confirm is not out; an ack out of turn counts when those before it are out too.
    /// </summary>
    public int Unconfirmed { get; init; }

    /// <summary>For consumers to come; 0 is unlimited.</summary>
    public int PrefetchCount { get; init; }

    /// <summary>Shared by all consumers of the channel; 0 is unlimited.</summary>
    public int GlobalPrefetchCount { get; init; }

    public int ConsumerCount { get; init; }
}
