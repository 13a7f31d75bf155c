using System.Collections.Immutable;
using Warren.Cluster;
using Warren.Cluster.Identity;
using Warren.Cluster.Joining;
using Warren.Storage.Disk;
using Warren.Wire;
using Xunit;

namespace Warren.Server.Tests.Cluster;

/// <summary>The last resort, with crashes, full disks and neighbours that are not dead after all.</summary>
public sealed class ForcedBootTests : IDisposable
{
    private readonly TestedPeers _peers = new();

    public void Dispose() => _peers.Dispose();

    [Fact]
    public async Task Nobody_joins_before_the_next_start_is_as_any_other()
    {
        (TestedPeer a, TestedPeer b) = await _peers.LinkedAsync();
        b.Kill();
        Assert.Equal("done", await a.TellAsync("force_boot"));
        Assert.Equal("done", await a.TellAsync($"refuse {ForcedBootFile.Path}"));
        Assert.Equal("done", await a.TellAsync("start_app"));
        Assert.Equal("done", await a.TellAsync("serves"));
        await a.LogsAsync("force_boot is not done: generation 2 is served");
        TestedPeer c = await _peers.Make(3).StartAsync();
        Assert.StartsWith(
            $"refused: {a.Name} does not let {c.Name} in: force_boot is not done on {a.Name}",
            await c.TellAsync($"join {a.Name}"), StringComparison.Ordinal);
        // Nor is it forgotten by a start.
        a.Kill();
        await a.StartAsync();
        await a.LogsAsync("generation 2 of the cluster has begun with this node alone");
        Assert.False(File.Exists(Path.Combine(a.DataDirectory, ForcedBootFile.Path)));
        await c.JoinAsync(a);
        await a.SeesAsync(c, "up");
    }

    [Fact]
    public async Task What_could_not_be_left_behind_is_tried_again()
    {
        (TestedPeer a, TestedPeer b) = await _peers.LinkedAsync();
        b.Kill();
        Assert.Equal("done", await a.TellAsync("force_boot"));
        Assert.Equal("done", await a.TellAsync($"refuse {ForcedBootFile.Path}"));
        Assert.Equal("done", await a.TellAsync("start_app"));
        await a.LogsAsync("force_boot is not done: generation 2 is served");
        Assert.Equal("done", await a.TellAsync("refuse_nothing"));
        await a.LogsAsync("generation 2 of the cluster has begun with this node alone");
        Assert.False(File.Exists(Path.Combine(a.DataDirectory, ForcedBootFile.Path)));
    }

    /// <summary>It would leave the members that the generation has got since.</summary>
    [Fact]
    public async Task A_generation_that_has_other_members_by_now_is_not_begun_again()
    {
        (TestedPeer a, TestedPeer b) = await _peers.LinkedAsync();
        string idOfB = b.Id;
        b.Kill();
        Assert.Equal("done", await a.TellAsync("force_boot"));
        Assert.Equal("done", await a.TellAsync("start_app"));
        await a.LogsAsync("generation 2 of the cluster has begun with this node alone");
        TestedPeer c = await _peers.Make(3).StartAsync();
        await c.JoinAsync(a);
        await a.LogsAsync($"{c.Name} has caught up, and votes from now on");
        await a.StopAsync();
        NodeIdentity own = IdentityFile.Read(new FileDisk(a.DataDirectory))!;
        ForcedBootFile.Write(new FileDisk(a.DataDirectory), Plan(own.Cluster, b, idOfB));
        await a.StartAsync();
        await a.LogsAsync(
            "force_boot is not done, and must be given again if it is still wanted: the node is of another");
        await a.SeesAsync(c, "up");
        Assert.Equal("done", await a.TellAsync("serves"));
        c.Kill();
        await a.SeesAsync(c, "down");
        // It is one of two still.
        Assert.Contains($"{c.Name}=down", await a.TellAsync("status"), StringComparison.Ordinal);
    }

    /// <summary>The generation was written, and whoever was taken for dead has come back since.</summary>
    [Fact]
    public async Task A_start_that_was_cut_off_looks_for_the_others_again()
    {
        (TestedPeer a, TestedPeer b) = await _peers.LinkedAsync();
        b.Kill();
        Assert.Equal("done", await a.TellAsync("force_boot"));
        await a.StopAsync();
        NodeIdentity own = IdentityFile.Read(new FileDisk(a.DataDirectory))!;
        IdentityFile.Write(new FileDisk(a.DataDirectory), own with { Generation = 2 });
        await b.StartAsync();
        await b.LogsAsync("waiting for a majority of the cluster's 2 nodes; 1 is up");
        string waits =
            $"force_boot on {a.Name} was cut off half way, and {b.Name}, which was taken for dead, runs: stop it";
        await a.StartAsync();
        await a.LogsAsync(waits);
        // It waits, and can be given up: what looks into the directory must not do what the start did not.
        foreach (string command in new[] { "only_reset", "force_boot" })
        {
            Assert.StartsWith(
                $"refused: force_boot is half done on {a.Name}", await a.TellAsync(command), StringComparison.Ordinal);
        }
        Assert.False(b.Log.Has("this node serves nobody"));
        // Stopped, it may be about to start.
        Assert.Equal("done", await b.TellAsync("stop_app"));
        Assert.Equal("begun", await a.TellAsync("begin start_app"));
        Assert.Equal("done", await b.TellAsync("start_app"));
        string said = "";
        await Eventually.True(
            () => (said = a.TellAsync("waiting").GetAwaiter().GetResult()).StartsWith(waits, StringComparison.Ordinal),
            () => $"{said}\n{a.Log}");
        // It has overruled nobody.
        Assert.False(b.Log.Has("this node serves nobody"));
        // It stops for good: it could not say any more who it is.
        await File.WriteAllTextAsync(Path.Combine(b.DataDirectory, IdentityFile.Path), "not one");
        Assert.Equal("done", await b.TellAsync("stop_app"));
        Assert.Equal("done", await a.TellAsync("end"));
        await a.LogsAsync("generation 2 of the cluster has begun with this node alone");
        Assert.Equal("done", await a.TellAsync("add_vhost after"));
    }

    [Fact]
    public async Task A_forced_start_without_its_identity_says_so()
    {
        (TestedPeer a, TestedPeer b) = await _peers.LinkedAsync();
        b.Kill();
        Assert.Equal("done", await a.TellAsync("force_boot"));
        File.Delete(Path.Combine(a.DataDirectory, IdentityFile.Path));
        Assert.Contains(
            "the file \"identity\", which says who is to go on alone, is lost", await a.TellAsync("start_app"),
            StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(a.DataDirectory, IdentityFile.Path)));
    }

    /// <summary>It refuses this node's links, and so cannot be a corpse.</summary>
    [Fact]
    public async Task Who_refuses_is_not_dead()
    {
        (TestedPeer a, TestedPeer b) = await _peers.LinkedAsync();
        await b.StopAsync();
        b.SetCookie("OTHERCOOKIE");
        await b.StartAsync();
        Assert.StartsWith(
            $"refused: {b.Name} runs, and no link with it is up: the two nodes have different cookies",
            await a.TellAsync("force_boot"), StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(a.DataDirectory, ForcedBootFile.Path)));
    }

    /// <summary>Both could go on as a majority of what was before.</summary>
    [Fact]
    public async Task Who_is_overruled_serves_nobody_although_his_disk_is_full()
    {
        (TestedPeer a, TestedPeer b) = await _peers.LinkedAsync();
        TestedPeer c = await _peers.Make(3).StartAsync();
        await c.JoinAsync(a);
        await a.LogsAsync($"{c.Name} has caught up, and votes from now on");
        await b.SeesAsync(c, "up");
        b.Kill();
        c.Kill();
        Assert.Equal("done", await a.TellAsync("force_boot"));
        Assert.Equal("done", await a.TellAsync("start_app"));
        await a.LogsAsync("generation 2 of the cluster has begun with this node alone");
        await a.StopAsync();
        await b.StartAsync();
        await c.StartAsync();
        Assert.Equal("done", await b.TellAsync("serves"));
        Assert.Equal("done", await b.TellAsync($"refuse {OverruledFile.Path}.new"));
        await a.StartAsync();
        await b.LogsAsync("could not be written down and is tried again; the node serves nobody all the same");
        await b.LogsAsync($"this node serves nobody: {a.Name} is of generation 2 of the cluster");
        Assert.Equal("", await b.TellAsync("status"));
        Assert.False(File.Exists(Path.Combine(b.DataDirectory, OverruledFile.Path)));
        Assert.Equal("done", await b.TellAsync("refuse_nothing"));
        await Eventually.True(
            () => File.Exists(Path.Combine(b.DataDirectory, OverruledFile.Path)), () => $"{b.Log}");
    }

    private static MembershipAnswer Plan(ClusterId cluster, TestedPeer dead, string id)
    {
        Assert.True(NodeName.TryParse(dead.Name, out NodeName name));
        ImmutableArray<MemberRecord> members =
            [new(new NodeId(Guid.Parse(id)), name, new Warren.Cluster.Links.PeerAddress(name.Host, 1))];
        return new MembershipAnswer
        {
            Outcome = MembershipOutcome.Done,
            Cluster = cluster,
            Generation = 2,
            Members = members,
        };
    }
}
