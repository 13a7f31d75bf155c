using Warren.Amqp;
using Warren.Broker.Topology;

namespace Warren.Broker.Definitions.Import;

/// <summary>A parameter of a definitions document, kept for the feature that it belongs to.</summary>
/// <param name="Vhost">Where.</param>
/// <param name="Name">Its component and name.</param>
/// <param name="Value">As written.</param>
public sealed record ImportedParameter(string Vhost, ParameterName Name, FieldValue Value);
