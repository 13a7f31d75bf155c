using System.Collections.Immutable;

namespace Warren.Server.Configuration;

/// <summary><c>cluster_partition_handling</c>.</summary>
public sealed record PartitionOptions
{
    /// <summary>As in RabbitMQ.</summary>
    public PartitionHandling Handling { get; init; } = PartitionHandling.Ignore;

    /// <summary><c>cluster_partition_handling.pause_if_all_down.nodes</c>: names of nodes.</summary>
    public ImmutableArray<string> Nodes { get; init; } = [];
}
