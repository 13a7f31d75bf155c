using System.Collections.Immutable;

namespace Warren.Server.Configuration;

/// <summary>Reads <c>cluster_partition_handling</c>.</summary>
public static class PartitionSection
{
    private const string Key = "cluster_partition_handling";
    private const string Nodes = "cluster_partition_handling.pause_if_all_down.nodes";

    /// <exception cref="ConfigurationException">No node is named whose absence would be a reason to pause.</exception>
    public static PartitionOptions Read(Settings settings)
    {
        ImmutableArray<string> nodes = [.. settings.Named(Nodes).Select(static one => one.Entry.Value)];
        switch (settings.Text(Key))
        {
            case "pause_minority":
                return new PartitionOptions { Handling = PartitionHandling.PauseMinority };
            case "pause_if_all_down":
                return nodes.IsEmpty
                    ? throw new ConfigurationException(
                        settings.Find(Key)!, $"expected {Nodes}.1 beside it, a node whose absence is a reason to pause")
                    : new PartitionOptions { Handling = PartitionHandling.PauseIfAllDown, Nodes = nodes };
            case "autoheal":
                return new PartitionOptions { Handling = PartitionHandling.Autoheal };
            default:
                return new PartitionOptions();
        }
    }
}
