using Warren.Amqp;
using Warren.Wire;
using Xunit;

namespace Warren.Server.Tests.Cluster;

/// <summary>Nodes that have lost the others: for good, or for a while.</summary>
public sealed class LastResortTests : IDisposable
{
    private readonly TestedPeers _peers = new();

    public void Dispose() => _peers.Dispose();

    [Fact]
    public async Task A_survivor_goes_on_alone_and_the_others_come_back_as_new_members()
    {
        TestedPeer a = await _peers.Make(1).StartAsync();
        TestedPeer b = await _peers.Make(2).StartAsync();
        TestedPeer c = await _peers.Make(3).StartAsync();
        await b.JoinAsync(a);
        await c.JoinAsync(a);
        Assert.Equal("done", await a.TellAsync("add_vhost before"));
        Assert.Equal("done", await a.TellAsync("declare on-a"));
        Assert.Equal("done", await b.TellAsync("declare on-b"));
        await a.SeesAsync(b, "up");
        await a.SeesAsync(c, "up");
        // There is a majority.
        Assert.Contains("refused: ", await a.TellAsync("force_boot"), StringComparison.Ordinal);
        Assert.Equal("done", await a.TellAsync("start_app"));
        Assert.Equal("done", await a.TellAsync("serves"));
        b.Kill();
        c.Kill();
        Assert.Contains(
            $"refused: the members that are missing are {b.Name}, {c.Name}: name these, or none",
            await a.TellAsync($"force_boot {b.Name}"), StringComparison.Ordinal);
        Assert.Equal("done", await a.TellAsync($"force_boot {c.Name} {b.Name}"));
        await a.LogsAsync($"reported: taken for dead: {b.Name}, {c.Name}. ");
        await a.LogsAsync("reported: lost with them, messages and all: the durable queue 'on-b'");
        await a.LogsAsync("reported: nothing is changed yet: the next start, ");
        Assert.Empty(a.ForcedBoots);
        Assert.Equal("done", await a.TellAsync("start_app"));
        Assert.Equal("done", await a.TellAsync("serves"));
        await a.LogsAsync("generation 2 of the cluster has begun with this node alone");
        Assert.Contains(
            $"taken for dead: {b.Name}, {c.Name}", await File.ReadAllTextAsync(Assert.Single(a.ForcedBoots)),
            StringComparison.Ordinal);
        Assert.DoesNotContain(Path.Combine(a.DataDirectory, "force-boot"), Directory.GetFiles(a.DataDirectory));
        Assert.Equal("done", await a.TellAsync("add_vhost after"));
        await SaysAsync(a, "queues", "on-a");

        await ComesBackAsync(b, a);
        await ComesBackAsync(c, a, b);
        await c.SeesAsync(b, "up");
        foreach (TestedPeer peer in _peers.All)
        {
            await SaysAsync(peer, "vhosts", "/ after before");
            await SaysAsync(peer, "queues", "on-a");
        }
        // Two of three are a majority now: the new generation is a cluster as any other.
        a.Kill();
        await b.SeesAsync(a, "down");
        Assert.Equal("done", await b.TellAsync("add_vhost later"));
    }

    /// <summary>They would be a majority of what was before, if they did not hear of what is now.</summary>
    [Fact]
    public async Task Members_of_before_that_start_together_never_serve_again()
    {
        TestedPeer a = await _peers.Make(1).StartAsync();
        TestedPeer b = await _peers.Make(2).StartAsync();
        TestedPeer c = await _peers.Make(3).StartAsync();
        await b.JoinAsync(a);
        await c.JoinAsync(a);
        await a.SeesAsync(b, "up");
        await a.SeesAsync(c, "up");
        b.Kill();
        c.Kill();
        Assert.Equal("done", await a.TellAsync("force_boot"));
        Assert.Equal("done", await a.TellAsync("start_app"));
        Assert.Equal("done", await a.TellAsync("serves"));
        await Task.WhenAll(b.StartAsync(), c.StartAsync());
        foreach (TestedPeer old in new[] { b, c })
        {
            await old.LogsAsync($"this node serves nobody: {a.Name} is of generation 2 of the cluster");
            Assert.False(old.Log.Has("started TCP listener on "));
        }
    }

    [Fact]
    public async Task A_forced_start_is_not_done_when_a_majority_is_back()
    {
        TestedPeer a = await _peers.Make(1).StartAsync();
        TestedPeer b = await _peers.Make(2).StartAsync();
        await b.JoinAsync(a);
        await a.SeesAsync(b, "up");
        b.Kill();
        Assert.Equal("done", await a.TellAsync("force_boot"));
        await b.StartAsync();
        Assert.Equal("done", await a.TellAsync("start_app"));
        await a.LogsAsync("force_boot is not done, and must be given again if it is still wanted: ");
        Assert.Equal("done", await a.TellAsync("serves"));
        await a.SeesAsync(b, "up");
        Assert.Empty(a.ForcedBoots);
    }

    [Fact]
    public async Task Who_was_forgotten_is_told_by_whom_and_when_also_after_a_restart_of_the_others()
    {
        TestedPeer a = await _peers.Make(1).StartAsync();
        TestedPeer b = await _peers.Make(2).StartAsync();
        TestedPeer c = await _peers.Make(3).StartAsync();
        await b.JoinAsync(a);
        await c.JoinAsync(a);
        await a.SeesAsync(b, "up");
        await c.SeesAsync(b, "up");
        b.Kill();
        await c.SeesAsync(b, "down");
        Assert.Equal("done", await c.TellAsync($"forget {b.Name}"));
        await a.StopAsync();
        await a.StartAsync();
        Assert.Equal("done", await a.TellAsync("serves"));
        await b.StartAsync();
        await b.LogsAsync($"{b.Name} ({b.Id}) was forgotten by {c.Name} at 20");
        await b.SeesAsync(a, "down, Forgotten");
        // It comes back as a new member, whatever its directory says.
        string before = b.Id;
        await b.JoinAsync(a);
        Assert.NotEqual(before, b.Id);
        await a.SeesAsync(b, "up");
        Assert.True(Directory.Exists(b.DataDirectory + ".set-aside.1"));
        // Once more changes nothing.
        before = b.Id;
        await b.JoinAsync(c);
        Assert.Equal(before, b.Id);
    }

    /// <summary>It was declared first, and whoever declared it was told that it is there.</summary>
    [Fact]
    public async Task A_queue_that_is_being_declared_on_a_node_keeps_it_from_being_forgotten()
    {
        TestedPeer a = await _peers.Make(1).StartAsync();
        TestedPeer b = await _peers.Make(2).StartAsync();
        TestedPeer c = await _peers.Make(3).StartAsync();
        await b.JoinAsync(a);
        await c.JoinAsync(a);
        await a.LogsAsync($"{c.Name} has caught up, and votes from now on");
        Assert.Equal("done", await a.TellAsync("declare on-a"));
        Assert.Equal("done", await c.TellAsync("declare on-c"));
        b.Kill();
        await a.SeesAsync(b, "down");
        // Until it goes on there is no majority: the declaration has begun, and nobody knows of the queue.
        await c.SignalAsync("STOP");
        Assert.Equal("begun", await a.TellAsync("begin declare_emptiest on-b"));
        Assert.Equal("begun", await a.TellAsync($"begin forget {b.Name}"));
        await c.SignalAsync("CONT");
        Assert.Equal("done", await a.TellAsync("end"));
        Assert.StartsWith(
            $"refused: {b.Name} has the only copy of the durable queue 'on-b'", await a.TellAsync("end"),
            StringComparison.Ordinal);
        await SaysAsync(a, "queues", "on-a on-b on-c");
        // It is what it was: it comes back with the queue.
        await b.StartAsync();
        await a.SeesAsync(b, "up");
        await SaysAsync(b, "queues", "on-a on-b on-c");
    }

    [Fact]
    public async Task A_node_in_a_minority_pauses_and_serves_again_when_the_majority_is_back()
    {
        const string Pauses = "cluster_partition_handling = pause_minority";
        TestedPeer a = await _peers.Make(1, Pauses).StartAsync();
        TestedPeer b = await _peers.Make(2).StartAsync();
        await b.JoinAsync(a);
        await a.SeesAsync(b, "up");
        WireClient client = await a.ConnectAsync();
        await client.LoginAsync();
        b.Kill();
        Assert.Contains(
            "reason 'paused'", (await client.ExpectAsync(MethodId.ConnectionClose)).CloseReason,
            StringComparison.Ordinal);
        await client.DisposeAsync();
        await a.LogsAsync("this node reaches no majority of the cluster's nodes");
        await Eventually.True(() => a.Refuses(), () => $"{a.Log}");
        await b.StartAsync();
        await a.LogsAsync("the pause is over: this node serves clients again");
        await using WireClient again = await a.ConnectAsync();
        await again.LoginAsync();
        // Its neighbour has the default: it goes on for the clients that it has.
        Assert.Equal("done", await b.TellAsync("serves"));
        a.Kill();
        await b.SeesAsync(a, "down");
        await using WireClient other = await b.ConnectAsync();
        await other.LoginAsync();
    }

    // The members are those of the new generation, of which any may be met first.
    private static async Task ComesBackAsync(TestedPeer old, params TestedPeer[] members)
    {
        string before = old.Id;
        await old.StartAsync();
        string[] sentences =
        [
            .. members.Select(member => $"this node serves nobody: {member.Name} is of generation 2 of the cluster, "
                + $"which was begun anew by force_boot without {old.Name}. "),
        ];
        await Eventually.True(() => sentences.Any(old.Log.Has), () => $"{old.Log}");
        TestedPeer member = members[0];
        await old.JoinAsync(member);
        Assert.NotEqual(before, old.Id);
        await member.SeesAsync(old, "up");
        Assert.True(Directory.Exists(old.DataDirectory + ".set-aside.1"));
    }

    private static async Task SaysAsync(TestedPeer peer, string question, string answer)
    {
        string said = "";
        await Eventually.True(
            () => (said = peer.TellAsync(question).GetAwaiter().GetResult()) == answer, () => $"{said}\n{peer.Log}");
    }
}
