using Warren.Amqp;

namespace Warren.Broker.Definitions.Import;

/// <summary>A binding of a definitions document.</summary>
/// <param name="Vhost">Where.</param>
/// <param name="Source">The exchange.</param>
/// <param name="Destination">A queue or an exchange.</param>
/// <param name="ToExchange">Which of the two.</param>
/// <param name="RoutingKey">May be empty.</param>
/// <param name="Arguments">As written.</param>
public sealed record ImportedBinding(
    string Vhost, string Source, string Destination, bool ToExchange, string RoutingKey, FieldTable Arguments);
