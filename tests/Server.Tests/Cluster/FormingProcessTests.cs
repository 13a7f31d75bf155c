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

    private readonly TestedPeers _peers = new();

    public void Dispose() => _peers.Dispose();

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

    /// <summary>What cannot be read is not nothing: it may be in a cluster.</summary>
    [Theory]
    [InlineData(true, "which says which node this directory belongs to, is damaged: ")]
    [InlineData(false, "it has a log and no file \"identity\"")]
    public async Task Nothing_is_founded_beside_a_stopped_one_that_cannot_say_who_it_is(bool isDamaged, string why)
    {
        TestedPeer a = await Make(1).StartAsync();
        Assert.Equal("done", await a.TellAsync("stop_app"));
        string identity = Path.Combine(a.DataDirectory, IdentityFile.Path);
        if (isDamaged)
            await File.WriteAllTextAsync(identity, "not one");
        else
            File.Delete(identity);
        TestedPeer b = Make(2);
        TestedPeer c = Make(3);
        b.Launch();
        c.Launch();
        await b.LogsAsync($"node {c.Name} is up ");
        foreach (TestedPeer blank in new[] { b, c })
        {
            await blank.LogsAsync($"{a.Name} does not let this node in: the broker of {a.Name} does not run, and which "
                + "cluster it is in cannot be said: ");
            await blank.LogsAsync(why);
            Assert.False(blank.Log.Has("founds the cluster"));
        }
        // It is blank by now, and says so.
        Assert.Equal("done", await a.TellAsync("only_force_reset"));
        await Eventually.True(
            () => b.Log.Has("founds the cluster") || c.Log.Has("founds the cluster"), () => $"{b.Log}{c.Log}");
    }

    /// <summary>One of another cookie is asked before the one that is in a cluster; the rest is a majority.</summary>
    [Fact]
    public async Task Who_refuses_hides_no_cluster_of_the_next_one()
    {
        const string Longer = $"""
            {List}
            cluster_formation.classic_config.nodes.4 = r4@127.0.0.44
            cluster_formation.classic_config.nodes.5 = r5@127.0.0.45
            """;
        TestedPeer a = await _peers.Make(1, cookie: "OTHERCOOKIE").StartAsync();
        TestedPeer b = await _peers.Make(2).StartAsync();
        Assert.Equal("done", await b.TellAsync("stop_app"));
        TestedPeer[] blank = [Make(3, Longer), Make(4, Longer), Make(5, Longer)];
        foreach (TestedPeer one in blank)
            one.Launch();
        foreach (TestedPeer one in blank)
            await one.LogsAsync($"{a.Name} does not let this node in: the two nodes have different cookies");
        Assert.Equal("done", await b.TellAsync("start_app"));
        foreach (TestedPeer one in blank)
        {
            await Eventually.True(
                () => one.Log.Has("joins the cluster") || one.Log.Has("founds the cluster"), () => $"{one.Log}");
            Assert.False(one.Log.Has("founds the cluster"));
        }
    }

    /// <summary>A machine is gone without a word, and its node comes back elsewhere with nothing.</summary>
    [Fact]
    public async Task The_end_of_a_link_with_who_had_the_name_before_costs_nobody_the_present_one()
    {
        const string Five = $"""
            {List}
            cluster_formation.classic_config.nodes.4 = r4@127.0.0.44
            cluster_formation.classic_config.nodes.5 = r5@127.0.0.45
            """;
        TestedPeer b = Make(2, Five);
        TestedPeer before = Make(3, Five);
        b.Launch();
        before.Launch();
        await b.LogsAsync($"node {before.Name} is up ");
        await before.SignalAsync("STOP");
        TestedPeer now = Make(3, Five);
        now.Launch();
        await Eventually.True(
            () => b.Log.ToString().Split($"node {now.Name} is up ").Length > 2, () => $"{b.Log}");
        await b.LogsAsync($"node {before.Name} is down: ");
        TestedPeer d = Make(4, Five);
        d.Launch();
        await b.LogsAsync("founds the cluster");
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
        // The way out that it names, for the one that knows of it: the other goes on as it is.
        b.Kill();
        b.Launch();
        await b.LogsAsync("founds the cluster");
        await c.LogsAsync("this node joins the cluster ");
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

    // The first has a cluster of its own by then.
    private TestedPeer Make(int number, string? list = null) =>
        _peers.Make(number, list ?? (number == 1 ? "" : List));
}
