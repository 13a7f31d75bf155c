namespace Warren.Cluster.Joining;

/// <summary>Whom a blank node is to form a cluster with.</summary>
public interface IPeerDiscovery
{
    /// <summary>What it is, for the log.</summary>
    string Description { get; }

    /// <summary>What it finds may be in the making: it counts once it is found twice running.</summary>
    bool MayChange { get; }

    /// <summary>
    /// The names of all nodes of the cluster to be, this one's perhaps among them; asked for again and again.
    /// </summary>
    /// <exception cref="DiscoveryException">It cannot be found out now.</exception>
    Task<IReadOnlyList<NodeName>> FindAsync();
}
