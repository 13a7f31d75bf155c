using Warren.Amqp;

namespace Warren.Broker.Definitions.Import;

/// <summary>A global parameter of a definitions document.</summary>
/// <param name="Name">Such as cluster_name.</param>
/// <param name="Value">As written.</param>
public sealed record ImportedGlobalParameter(string Name, FieldValue Value);
