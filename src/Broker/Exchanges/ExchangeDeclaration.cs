using Warren.Amqp;

namespace Warren.Broker.Exchanges;

/// <summary>What exchange.declare says (AMQP 0-9-1, section 1.6.2.1): fixed for the exchange's life.</summary>
public sealed record ExchangeDeclaration
{
    public required string Name { get; init; }

    /// <summary>One of <see cref="ExchangeTypes.All"/>.</summary>
    public required string Type { get; init; }

    public bool Durable { get; init; }

    /// <summary>Goes when its last binding as a source goes.</summary>
    public bool AutoDelete { get; init; }

    /// <summary>Takes messages from exchanges only, not from publishers.</summary>
    public bool Internal { get; init; }

    public FieldTable Arguments { get; init; } = FieldTable.Empty;
}
