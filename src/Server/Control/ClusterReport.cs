using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Warren.Broker;
using Warren.Cluster.Links;
using Warren.Server.Cluster;

namespace Warren.Server.Control;

/// <summary>
/// What <c>cluster_status</c> tells, with the names of RabbitMQ's JSON. Of other nodes it is what they say themselves;
/// one that does not answer in time is not among those that run.
/// </summary>
internal static class ClusterReport
{
    /// <summary>Asks the others; what is to be written.</summary>
    public static async Task<Action<Utf8JsonWriter>?> MakeAsync(NodeHost host, ClusterCommands cluster)
    {
        Node node = host.RequireNode();
        ImmutableArray<byte[]> answers = node.Membership is { } membership
            ? await membership.AskOthersAsync().ConfigureAwait(false)
            : [];
        JsonElement[] nodes =
        [
            .. answers.Append(NodeDescription.Write(host)).Select(NodeDescription.Read).OfType<JsonElement>()
                .OrderBy(NameOf, StringComparer.Ordinal),
        ];
        return json => Write(json, node.Broker, cluster, nodes, host);
    }

    private static void Write(
        Utf8JsonWriter json, MessageBroker broker, ClusterCommands cluster, JsonElement[] nodes, NodeHost host)
    {
        string self = host.Options.Places.NodeName;
        string[] answered = [.. nodes.Select(NameOf)];
        All(json, "alarms", nodes);
        json.WriteString("cluster_name", broker.ClusterName);
        Each(json, "cpu_cores", "cpu_cores", nodes);
        Names(json, "disk_nodes", cluster.Members);
        FeatureFlags.Write(json);
        All(json, "listeners", nodes);
        Each(json, "maintenance_status", "maintenance_status", nodes);
        json.WriteStartObject("partitions");
        foreach ((string one, List<string> others) in cluster.Partitions())
            Names(json, one, others);
        json.WriteEndObject();
        WritePeers(json, cluster.Peers, answered);
        if (cluster.Waiting is { } waiting)
            json.WriteString("waiting", waiting);
        Names(json, "ram_nodes", []);
        Names(
            json, "running_nodes",
            [.. cluster.RunningMembers.Where(name => name == self || answered.Contains(name))]);
        Each(json, "versions", "version", nodes);
        Names(json, "warnings", Warnings(nodes, cluster, host));
    }

    // Warren's own: RabbitMQ does not say why a node is not running.
    private static void WritePeers(Utf8JsonWriter json, IReadOnlyList<PeerStatus> peers, string[] answered)
    {
        json.WriteStartArray("peers");
        foreach (PeerStatus peer in peers)
        {
            bool isUp = peer.IsUp && answered.Contains(peer.Name.Value);
            json.WriteStartObject();
            json.WriteString("name", peer.Name.Value);
            json.WriteBoolean("up", isUp);
            if (!isUp)
            {
                json.WriteString(
                    "reason", peer.IsUp ? "it has not answered for a second" : peer.Reason ?? "not tried yet");
            }
            if (peer.ClockAhead is { } ahead && ahead.Duration() >= ClusterHost.NotableClockDifference)
                json.WriteNumber("clock_ahead_ms", (long)ahead.TotalMilliseconds);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static List<string> Warnings(JsonElement[] nodes, ClusterCommands cluster, NodeHost host)
    {
        var warnings = new List<string>();
        if (cluster.Members.Count == 2)
        {
            warnings.Add(
                "a cluster of two nodes stops when one of them is lost, as neither is a majority: add a third one");
        }
        string[] versions =
        [
            .. nodes.Select(static node => TextOf(node.GetProperty("version"), "warren_version"))
                .Distinct().Order(StringComparer.Ordinal),
        ];
        if (versions.Length > 1)
        {
            warnings.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"the nodes run {versions.Length} versions of Warren: {string.Join(", ", versions)}"));
        }
        warnings.AddRange(host.Cluster?.Warnings.Recent() ?? []);
        return warnings;
    }

    private static string NameOf(JsonElement node) => TextOf(node, "node");

    private static string TextOf(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : "unknown";

    // Arrays of all nodes in one.
    private static void All(Utf8JsonWriter json, string name, JsonElement[] nodes)
    {
        json.WriteStartArray(name);
        foreach (JsonElement one in nodes.SelectMany(node => node.GetProperty(name).EnumerateArray()))
            one.WriteTo(json);
        json.WriteEndArray();
    }

    // By node.
    private static void Each(Utf8JsonWriter json, string name, string of, JsonElement[] nodes)
    {
        json.WriteStartObject(name);
        foreach (JsonElement node in nodes)
        {
            json.WritePropertyName(NameOf(node));
            node.GetProperty(of).WriteTo(json);
        }
        json.WriteEndObject();
    }

    private static void Names(Utf8JsonWriter json, string name, IReadOnlyList<string> nodes)
    {
        json.WriteStartArray(name);
        foreach (string node in nodes)
            json.WriteStringValue(node);
        json.WriteEndArray();
    }
}
