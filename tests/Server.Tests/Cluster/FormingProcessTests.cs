using Xunit;

namespace Warren.Server.Tests.Cluster;

/// <summary>Blank nodes that are told by their configuration whom to form a cluster with.</summary>
public sealed class FormingProcessTests : IDisposable
{
    private const string List = """
        cluster_formation.peer_discovery_backend = classic_config
        cluster_formation.classic_config.nodes.1 = r1@127.0.0.41
        cluster_formation.classic_config.nodes.2 = r2@127.0.0.42
        cluster_formation.classic_config.nodes.3 = r3@127.0.0.43
        """;

    private readonly string _runDirectory = Directory.CreateTempSubdirectory("warren-run-").FullName;
    private readonly List<TestedPeer> _peers = [];

    public void Dispose()
    {
        foreach (TestedPeer peer in _peers)
            peer.Dispose();
        Directory.Delete(_runDirectory, recursive: true);
    }

    /// <summary>They are a majority of the list, and alike; the one that is left has no majority.</summary>
    [Fact]
    public async Task Two_that_lost_their_directories_found_nothing_beside_the_cluster_of_the_third()
    {
        TestedPeer a = await Make(1).StartAsync();
        TestedPeer b = await Make(2).StartAsync();
        TestedPeer c = await Make(3).StartAsync();
        await a.SeesAsync(b, "up");
        await a.SeesAsync(c, "up");
        await a.LogsAsync($"{b.Name} has caught up, and votes from now on");
        await a.LogsAsync($"{c.Name} has caught up, and votes from now on");
        foreach (TestedPeer lost in new[] { b, c })
        {
            lost.Kill();
            Directory.Delete(lost.DataDirectory, recursive: true);
        }
        b.Launch();
        c.Launch();
        await b.LogsAsync($"{a.Name} does not let this node in: ");
        await c.LogsAsync($"{a.Name} does not let this node in: ");
        await b.LogsAsync($"node {c.Name} is up ");
        Assert.DoesNotContain("founds the cluster", b.Log.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("founds the cluster", c.Log.ToString(), StringComparison.Ordinal);
    }

    private TestedPeer Make(int number)
    {
        // The first has a cluster of its own by then.
        var peer = new TestedPeer(number, _runDirectory, number == 1 ? "" : List);
        _peers.Add(peer);
        return peer;
    }
}
