namespace Warren.Cluster.Joining;

/// <summary><c>classic_config</c>: the names stand in the configuration.</summary>
public sealed class ListedPeers(IReadOnlyList<NodeName> names) : IPeerDiscovery
{
    public bool MayChange => false;

    public string Description => $"cluster_formation.classic_config.nodes ({names.Count} nodes)";

    public Task<IReadOnlyList<NodeName>> FindAsync() => Task.FromResult(names);
}
