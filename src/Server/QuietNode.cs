using Warren.Server.Cluster;
using Warren.Server.Configuration;

namespace Warren.Server;

/// <summary>
/// Looks into the directory of a stopped node, or acts as a member, by a node that serves no clients.
/// </summary>
internal static class QuietNode
{
    /// <exception cref="ConfigurationException">It cannot start; the message says why.</exception>
    public static Node Start(NodeHost host, ClusterHost cluster)
    {
        // Its generation would take the others out of service, who may have come to life since.
        ForcedBoot.RefuseHalfDone(host, cluster);
        NodeOptions options = host.Options with
        {
            Listeners = [],
            Broker = host.Options.Broker with { DefinitionsPath = null },
            Notes = [],
        };
        return Node.Start(options, host.Seams, host.Log, cluster);
    }
}
