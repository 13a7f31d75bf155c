using System.Text.Json;
using Warren.Broker.Topology;

namespace Warren.Server.Control;

/// <summary>What <c>list_vhosts</c> shows.</summary>
internal static class VhostColumns
{
    public static ColumnSet<Vhost> Of(NodeHost host, ClusterCommands cluster) => new(
        ("name", (json, vhost) => json.WriteStringValue(vhost.Name)),
        ("default_queue_type", (json, vhost) =>
            json.WriteStringValue(vhost.DefaultQueueType ?? host.Options.Broker.DefaultQueueType)),
        // Nothing traces yet, and nothing can be told to.
        ("tracing", (json, _) => json.WriteBooleanValue(false)),
        ("description", (json, vhost) => json.WriteStringValue(vhost.Description)),
        ("tags", (json, vhost) => json.Atoms(vhost.Tags)),
        ("cluster_state", (json, _) => State(json, cluster)));

    // A node that serves has all virtual hosts.
    private static void State(Utf8JsonWriter json, ClusterCommands cluster)
    {
        json.WriteStartObject();
        foreach (string node in cluster.RunningMembers)
        {
            json.WritePropertyName(node);
            json.Atom("running");
        }
        json.WriteEndObject();
    }
}
