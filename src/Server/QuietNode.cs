using Warren.Server.Cluster;
using Warren.Server.Configuration;

namespace Warren.Server;

/// <summary>
/// Looks into the directory of a stopped node, or acts as a member, by a node that serves no clients.
/// </summary>
internal static class QuietNode
{
    /// <exception cref="ConfigurationException">It cannot start; the message says why.</exception>
    public static Node Start(NodeHost host, ClusterHost cluster) => Node.Start(
        host.Options with
        {
            Listeners = [],
            Broker = host.Options.Broker with { DefinitionsPath = null },
            Notes = [],
        },
        host.Seams, host.Log, cluster);
}
