using System.Text.Json;

namespace Warren.Server.Control;

/// <summary>
/// What <c>cluster_status</c> shows of one node, made by that node: for itself, and for others that ask over their
/// links (docs/formats/membership.md).
/// </summary>
internal static class NodeDescription
{
    /// <summary>Its <c>maintenance_status</c> while it serves as usual.</summary>
    public const string NotUnderMaintenance = "not under maintenance";

    /// <summary>As JSON, with the names of RabbitMQ's where it has one.</summary>
    public static byte[] Write(NodeHost host)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteString("node", host.Options.Places.NodeName);
            json.WriteStartObject("version");
            json.WriteString("rabbitmq_name", host.Options.Broker.ProductName);
            json.WriteString("rabbitmq_version", host.Options.Broker.ProductVersion);
            json.WriteString("warren_version", NodeReport.WarrenVersion);
            json.WriteEndObject();
            json.WriteNumber("cpu_cores", Environment.ProcessorCount);
            json.WriteString(
                "maintenance_status", host.Node is { IsDrained: true } ? "under maintenance" : NotUnderMaintenance);
            NodeReport.WriteAlarms(json, host);
            NodeReport.WriteListeners(json, host);
            json.WriteEndObject();
        }
        return bytes.ToArray();
    }

    /// <summary>Reads what another node says; null: it says nothing that this one understands.</summary>
    public static JsonElement? Read(byte[] bytes)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(bytes);
            JsonElement node = document.RootElement;
            bool isWhole = node.ValueKind == JsonValueKind.Object
                && node.TryGetProperty("node", out JsonElement name) && name.ValueKind == JsonValueKind.String
                && node.TryGetProperty("version", out JsonElement version) && version.ValueKind == JsonValueKind.Object
                && node.TryGetProperty("cpu_cores", out JsonElement cores) && cores.ValueKind == JsonValueKind.Number
                && node.TryGetProperty("maintenance_status", out JsonElement maintenance)
                && maintenance.ValueKind == JsonValueKind.String
                && node.TryGetProperty("alarms", out JsonElement alarms) && alarms.ValueKind == JsonValueKind.Array
                && node.TryGetProperty("listeners", out JsonElement listeners)
                && listeners.ValueKind == JsonValueKind.Array;
            return isWhole ? node.Clone() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
