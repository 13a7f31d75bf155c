using Warren.Broker.Topology;

namespace Warren.Server.Control;

/// <summary>What <c>list_vhosts</c> shows.</summary>
internal static class VhostColumns
{
    public static ColumnSet<Vhost> Of(NodeHost host) => new(
        ("name", (json, vhost) => json.WriteStringValue(vhost.Name)),
        ("default_queue_type", (json, vhost) =>
            json.WriteStringValue(vhost.DefaultQueueType ?? host.Options.Broker.DefaultQueueType)),
        ("tracing", (json, _) => json.WriteBooleanValue(false)),
        ("description", (json, _) => json.WriteStringValue("")),
        ("tags", (json, _) => json.Atoms([])),
        ("cluster_state", (json, _) =>
        {
            json.WriteStartObject();
            json.WritePropertyName(host.Options.Places.NodeName);
            json.Atom("running");
            json.WriteEndObject();
        }));
}
