using System.Globalization;
using System.Text.Json;
using Warren.Cli.Formatting;
using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>The members of the cluster, and how they are.</summary>
internal sealed class ClusterStatus() : Command(
    "cluster_status", "[--timeout <timeout>]", Section.Cluster,
    "Displays all the nodes in the cluster grouped by node type, together with the currently running nodes")
{
    public override int? DefaultTimeoutMs => 60_000;

    public override string[] Guides => ["clustering", "cluster-formation", "monitoring"];

    public override string? Banner(Invocation call) => $"Cluster status of node {call.Place.NodeName} ...";

    public override ExitCode Run(Invocation call)
    {
        JsonElement status = call.Node.Ask(Name);
        return Print(call, status, output => Write(output, status));
    }

    private static void Write(TextWriter output, JsonElement status)
    {
        output.WriteLine($"{Bold.Of("Basics")}\n");
        output.WriteLine($"Cluster name: {status.GetProperty("cluster_name").GetString()}");
        long cores = status.GetProperty("cpu_cores").EnumerateObject().Sum(static node => node.Value.GetInt64());
        output.WriteLine($"Total CPU cores available cluster-wide: {cores.ToString(CultureInfo.InvariantCulture)}");
        Names(output, "Disk Nodes", status.GetProperty("disk_nodes"));
        Names(output, "Running Nodes", status.GetProperty("running_nodes"));
        if (status.TryGetProperty("waiting", out JsonElement waiting))
        {
            Title(output, "Waiting");
            output.WriteLine($"This node serves no clients yet; it is {waiting.GetString()}");
        }
        Title(output, "Versions");
        foreach (JsonProperty version in status.GetProperty("versions").EnumerateObject())
        {
            output.WriteLine(
                $"{version.Name}: RabbitMQ {version.Value.GetProperty("rabbitmq_version").GetString()} "
                + $"(Warren {version.Value.GetProperty("warren_version").GetString()})");
        }
        Title(output, "CPU Cores");
        foreach (JsonProperty node in status.GetProperty("cpu_cores").EnumerateObject())
            output.WriteLine($"Node: {node.Name}, available CPU cores: {node.Value.GetRawText()}");
        Title(output, "Maintenance status");
        foreach (JsonProperty node in status.GetProperty("maintenance_status").EnumerateObject())
            output.WriteLine($"Node: {node.Name}, status: {node.Value.GetString()}");
        AlarmText.Write(output, status.GetProperty("alarms"));
        Title(output, "Network Partitions");
        JsonElement partitions = status.GetProperty("partitions");
        if (!partitions.EnumerateObject().Any())
            output.WriteLine("(none)");
        foreach (JsonProperty node in partitions.EnumerateObject())
            output.WriteLine($"Node {node.Name} cannot communicate with {TermText.Of(node.Value)[1..^1]}");
        WritePeers(output, status.GetProperty("peers"));
        WriteWarnings(output, status.GetProperty("warnings"));
        Title(output, "Listeners");
        ListenerText.Write(output, status.GetProperty("listeners"), namesNode: true);
        Title(output, "Feature flags");
        foreach (JsonElement flag in status.GetProperty("feature_flags").EnumerateArray())
        {
            output.WriteLine(
                $"Flag: {flag.GetProperty("name").GetString()}, state: {flag.GetProperty("state").GetString()}");
        }
    }

    // What RabbitMQ does not tell, and only when there is something to tell.
    private static void WritePeers(TextWriter output, JsonElement peers)
    {
        JsonElement[] away = [.. peers.EnumerateArray().Where(peer => !peer.GetProperty("up").GetBoolean())];
        if (away.Length > 0)
            Title(output, "Unreachable Nodes");
        foreach (JsonElement peer in away)
            output.WriteLine($"{peer.GetProperty("name").GetString()}: {peer.GetProperty("reason").GetString()}");
        JsonElement[] wrong =
            [.. peers.EnumerateArray().Where(peer => peer.TryGetProperty("clock_ahead_ms", out _))];
        if (wrong.Length > 0)
            Title(output, "Clock Differences");
        foreach (JsonElement peer in wrong)
        {
            double seconds = peer.GetProperty("clock_ahead_ms").GetInt64() / 1000.0;
            string length = Math.Abs(seconds).ToString("0.0", CultureInfo.InvariantCulture);
            string side = seconds > 0 ? "ahead of" : "behind";
            output.WriteLine($"{peer.GetProperty("name").GetString()}: {length} s {side} this node");
        }
    }

    private static void WriteWarnings(TextWriter output, JsonElement warnings)
    {
        if (warnings.GetArrayLength() > 0)
            Title(output, "Warnings");
        foreach (JsonElement warning in warnings.EnumerateArray())
            output.WriteLine(warning.GetString());
    }

    private static void Names(TextWriter output, string title, JsonElement nodes)
    {
        Title(output, title);
        foreach (JsonElement node in nodes.EnumerateArray())
            output.WriteLine(node.GetString());
    }

    private static void Title(TextWriter output, string title) => output.WriteLine($"\n{Bold.Of(title)}\n");
}
