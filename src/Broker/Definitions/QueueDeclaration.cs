using Warren.Amqp;
using Warren.Broker.Arguments;

namespace Warren.Broker.Definitions;

/// <summary>What a client declares: checked, but not yet compared with what is there.</summary>
public sealed record QueueDeclaration
{
    public required string Vhost { get; init; }

    public required string Name { get; init; }

    public bool IsPassive { get; init; }

    public bool Durable { get; init; }

    public bool Exclusive { get; init; }

    public bool AutoDelete { get; init; }

    public FieldTable Arguments { get; init; } = FieldTable.Empty;

    /// <summary>The declaring connection; owns the queue if it is exclusive.</summary>
    public long ConnectionId { get; init; }

    /// <summary>Null for a passive declaration.</summary>
    public ValidQueue? Valid { get; init; }
}
