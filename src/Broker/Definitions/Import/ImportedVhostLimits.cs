using Warren.Broker.Security;

namespace Warren.Broker.Definitions.Import;

/// <summary>A parameter <c>vhost-limits</c> of a definitions document.</summary>
/// <param name="Vhost">Whose.</param>
/// <param name="Limits">Connections and queues.</param>
public sealed record ImportedVhostLimits(string Vhost, VhostLimits Limits)
{
    internal const string Component = "vhost-limits";

    internal static ImportedVhostLimits Read(ImportNode parameter) =>
        new(parameter.Member("vhost").Name(), ReadLimits(parameter.Member("value").OrEmpty()));

    internal static VhostLimits ReadLimits(ImportNode limits) =>
        new(limits.Member("max-connections").Limit(), limits.Member("max-queues").Limit());
}
