using System.Text.Json;

namespace Warren.Cli.Commands;

/// <summary>Whom the configuration names as the nodes of the cluster, asked for now.</summary>
internal sealed class DiscoverPeers() : DiagnosticCommand(
    "discover_peers", "", "Performs peer discovery and lists discovered nodes, if any", "discover_peers")
{
    public override string[] Guides => ["cluster-formation"];

    public override string? Banner(Invocation call) => "Discovering peers nodes ...";

    protected override ExitCode Show(Invocation call, JsonElement answer)
    {
        JsonElement nodes = answer.GetProperty("nodes");
        return Print(call, nodes, output =>
        {
            if (nodes.GetArrayLength() == 0)
                output.WriteLine("No peers discovered");
            foreach (JsonElement node in nodes.EnumerateArray())
                output.WriteLine(node.GetString());
        });
    }
}
