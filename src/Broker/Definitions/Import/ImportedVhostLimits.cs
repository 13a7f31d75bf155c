using Warren.Broker.Security;

namespace Warren.Broker.Definitions.Import;

/// <summary>A parameter <c>vhost-limits</c> of a definitions document.</summary>
/// <param name="Vhost">Whose.</param>
/// <param name="Limits">Connections and queues.</param>
public sealed record ImportedVhostLimits(string Vhost, VhostLimits Limits);
