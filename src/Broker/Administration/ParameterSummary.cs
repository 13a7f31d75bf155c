using Warren.Amqp;

namespace Warren.Broker.Administration;

/// <summary>A runtime parameter.</summary>
/// <param name="Vhost">Where.</param>
/// <param name="Component">Whose.</param>
/// <param name="Name">Its name in the component.</param>
/// <param name="Value">What came as JSON. Not to be changed.</param>
public sealed record ParameterSummary(string Vhost, string Component, string Name, FieldValue Value);
