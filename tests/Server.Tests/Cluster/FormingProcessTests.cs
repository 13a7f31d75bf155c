using Warren.Cluster.Identity;
using Warren.Storage.Disk;
using Warren.Wire;
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

    /// <summary>They are a majority of the list, whose first is in a cluster, and does not serve it.</summary>
    [Fact]
    public async Task Two_blank_ones_found_nothing_beside_one_whose_broker_is_stopped()
    {
        TestedPeer a = await Make(1).StartAsync();
        Assert.Equal("done", await a.TellAsync("add_vhost before"));
        Assert.Equal("done", await a.TellAsync("stop_app"));
        TestedPeer b = Make(2);
        TestedPeer c = Make(3);
        b.Launch();
        c.Launch();
        await b.LogsAsync($"node {c.Name} is up ");
        await b.LogsAsync($"{a.Name} does not let this node in: the broker of {a.Name} does not run");
        await c.LogsAsync($"{a.Name} does not let this node in: the broker of {a.Name} does not run");
        Assert.Equal("done", await a.TellAsync("start_app"));
        foreach (TestedPeer joining in new[] { b, c })
        {
            await joining.LogsAsync("this node joins the cluster ");
            await a.SeesAsync(joining, "up");
            Assert.False(joining.Log.Has("founds the cluster"));
        }
    }

    /// <summary>What it says of itself goes with what it is.</summary>
    [Fact]
    public async Task A_stopped_one_that_is_reset_holds_nobody_up()
    {
        TestedPeer a = await Make(1).StartAsync();
        Assert.Equal("done", await a.TellAsync("stop_app"));
        TestedPeer b = Make(2);
        b.Launch();
        await b.LogsAsync($"{a.Name} does not let this node in: the broker of {a.Name} does not run");
        // Its process lives: it says that it is in none now, although nobody links with it.
        Assert.Equal("done", await a.TellAsync("only_force_reset"));
        TestedPeer c = Make(3);
        c.Launch();
        await Eventually.True(
            () => b.Log.Has("founds the cluster") || c.Log.Has("founds the cluster"), () => $"{b.Log}{c.Log}");
    }

    /// <summary>It holds the others up for good: they are to say whom they wait for, and what to do.</summary>
    [Fact]
    public async Task A_member_that_is_gone_is_waited_for_by_name()
    {
        TestedPeer a = await Make(1).StartAsync();
        Assert.Equal("done", await a.TellAsync("stop_app"));
        TestedPeer b = Make(2);
        TestedPeer c = Make(3);
        b.Launch();
        await b.LogsAsync("and no other one is founded beside it");
        string cluster = $"{IdentityFile.Read(new FileDisk(a.DataDirectory))!.Cluster}";
        a.Kill();
        c.Launch();
        await b.LogsAsync($"{a.Name}, which was met in the cluster {cluster}, is not reached now (");
        await b.LogsAsync($"node {c.Name} is up ");
        Assert.False(b.Log.Has("founds the cluster"));
        // The way out that it names.
        b.Kill();
        b.Launch();
        await Eventually.True(
            () => b.Log.Has("founds the cluster") || c.Log.Has("founds the cluster"), () => $"{b.Log}{c.Log}");
    }

    [Fact]
    public async Task Three_with_one_list_are_one_cluster_in_any_order()
    {
        TestedPeer[] peers = [Make(3), Make(2), Make(1, List)];
        Task<TestedPeer>[] starting = new Task<TestedPeer>[3];
        for (int place = 0; place < peers.Length; place++)
            starting[place] = peers[place].StartAsync();
        await Task.WhenAll(starting);
        foreach (TestedPeer one in peers)
        {
            foreach (TestedPeer other in peers.Where(other => other != one))
                await one.SeesAsync(other, "up");
        }
        Assert.Equal(1, peers.Count(peer => peer.Log.Has("founds the cluster")));
    }

    /// <summary>An upgrade: its log is that of a broker by itself, and no blank node's.</summary>
    [Fact]
    public async Task A_directory_from_before_identities_keeps_its_own_beside_a_list()
    {
        TestedPeer a = await Make(1).StartAsync();
        TestedPeer b = Make(2);
        b.Configure("");
        await b.StartAloneAsync();
        Assert.Equal("done", await b.TellAsync("add_vhost mine"));
        Assert.Equal("done", await b.TellAsync("declare kept"));
        await b.StopAsync();
        Assert.False(File.Exists(Path.Combine(b.DataDirectory, "identity")));
        b.Configure(List);
        await b.StartAsync();
        Assert.Equal("done", await b.TellAsync("serves"));
        Assert.Equal("/ mine", await b.TellAsync("vhosts"));
        Assert.Equal("kept", await b.TellAsync("queues"));
        Assert.True(File.Exists(Path.Combine(b.DataDirectory, "identity")));
        Assert.False(b.Log.Has("joins the cluster"));
        Assert.Equal("", await a.TellAsync("status"));
    }

    private TestedPeer Make(int number, string? list = null)
    {
        // The first has a cluster of its own by then.
        var peer = new TestedPeer(number, _runDirectory, list ?? (number == 1 ? "" : List));
        _peers.Add(peer);
        return peer;
    }
}
