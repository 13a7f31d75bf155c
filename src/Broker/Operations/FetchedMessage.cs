using Warren.Amqp;

namespace Warren.Broker.Operations;

/// <summary>A message that an operator has got: a copy.</summary>
public sealed record FetchedMessage
{
    internal int Slot { get; init; }

    internal long Position { get; init; }

    internal byte Epoch { get; init; }

    public bool IsRedelivered { get; init; }

    /// <summary>How often it came back; -1: the queue does not count that.</summary>
    public long DeliveryCount { get; init; } = -1;

    /// <summary>UTF-8, mostly.</summary>
    public required byte[] Exchange { get; init; }

    /// <summary>UTF-8, mostly.</summary>
    public required byte[] RoutingKey { get; init; }

    public required BasicProperties Properties { get; init; }

    public required byte[] Body { get; init; }
}
