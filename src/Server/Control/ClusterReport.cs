using System.Text.Json;
using Warren.Broker;
using Warren.Cluster.Links;
using Warren.Server.Cluster;

namespace Warren.Server.Control;

/// <summary>What <c>cluster_status</c> tells, with the names of RabbitMQ's JSON.</summary>
internal static class ClusterReport
{
    public static void Write(Utf8JsonWriter json, NodeHost host, ClusterCommands cluster)
    {
        MessageBroker broker = host.RequireNode().Broker;
        string node = host.Options.Places.NodeName;
        NodeReport.WriteAlarms(json, host);
        json.WriteString("cluster_name", broker.ClusterName);
        Names(json, "disk_nodes", cluster.Members);
        FeatureFlags.Write(json);
        NodeReport.WriteListeners(json, host);
        json.WriteStartObject("maintenance_status");
        foreach (string member in cluster.RunningMembers)
            json.WriteString(member, IsDrained(host, member) ? "under maintenance" : "not under maintenance");
        json.WriteEndObject();
        json.WriteStartObject("partitions");
        foreach ((string one, List<string> others) in cluster.Partitions())
            Names(json, one, others);
        json.WriteEndObject();
        WritePeers(json, cluster.Peers);
        if (cluster.Waiting is { } waiting)
            json.WriteString("waiting", waiting);
        Names(json, "ram_nodes", []);
        Names(json, "running_nodes", cluster.RunningMembers);
        json.WriteStartObject("versions");
        json.WriteStartObject(node);
        json.WriteString("rabbitmq_name", host.Options.Broker.ProductName);
        json.WriteString("rabbitmq_version", host.Options.Broker.ProductVersion);
        json.WriteString("warren_version", NodeReport.WarrenVersion);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    // Warren's own: RabbitMQ does not say why a node is not running.
    private static void WritePeers(Utf8JsonWriter json, IReadOnlyList<PeerStatus> peers)
    {
        json.WriteStartArray("peers");
        foreach (PeerStatus peer in peers)
        {
            json.WriteStartObject();
            json.WriteString("name", peer.Name.Value);
            json.WriteBoolean("up", peer.IsUp);
            if (!peer.IsUp)
                json.WriteString("reason", peer.Reason ?? "not tried yet");
            if (peer.ClockAhead is { } ahead && ahead.Duration() >= ClusterHost.NotableClockDifference)
                json.WriteNumber("clock_ahead_ms", (long)ahead.TotalMilliseconds);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    // Of others it is known when there are others.
    private static bool IsDrained(NodeHost host, string member) =>
        member == host.Options.Places.NodeName && host.Node is { IsDrained: true };

    private static void Names(Utf8JsonWriter json, string name, IReadOnlyList<string> nodes)
    {
        json.WriteStartArray(name);
        foreach (string node in nodes)
            json.WriteStringValue(node);
        json.WriteEndArray();
    }
}
