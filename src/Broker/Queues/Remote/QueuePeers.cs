using Warren.Cluster.Peers;

namespace Warren.Broker.Queues.Remote;

/// <summary>What a broker needs to share its queues with other nodes.</summary>
public sealed record QueuePeers
{
    /// <summary>The way to them.</summary>
    public required IPeers Peers { get; init; }

    public required IClusterMembers Members { get; init; }

    /// <summary>Times of the lines.</summary>
    public LineOptions Options { get; init; } = new();
}
