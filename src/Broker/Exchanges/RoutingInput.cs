using Warren.Amqp;

namespace Warren.Broker.Exchanges;

/// <summary>What routing looks at in a message. Spans of the caller: nothing outlives the call.</summary>
/// <param name="routingKey">The key of basic.publish.</param>
/// <param name="properties">The message's properties; the default value has none.</param>
public readonly ref struct RoutingInput(ReadOnlySpan<char> routingKey, PropertiesView properties = default)
{
    public ReadOnlySpan<char> RoutingKey { get; } = routingKey;

    public PropertiesView Properties { get; } = properties;
}
