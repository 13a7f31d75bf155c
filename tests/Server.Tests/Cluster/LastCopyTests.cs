using Warren.Amqp;
using Warren.Cluster.Joining;
using Warren.Wire;
using Xunit;

namespace Warren.Server.Tests.Cluster;

/// <summary>
/// Replicated queues of a node that goes on without the others: what is said of them, and what is left.
/// </summary>
public sealed class LastCopyTests : IDisposable
{
    private const int Messages = 5;

    private readonly TestedPeers _peers = new();

    public void Dispose() => _peers.Dispose();

    [Fact]
    public async Task What_each_may_lack_is_said_before_and_kept()
    {
        TestedPeer a = await SurvivorAsync(queues: 12);
        Assert.Equal("done", await a.TellAsync("force_boot"));
        await a.LogsAsync("reported: no durable queue lives on them alone");
        await a.LogsAsync("reported: 12 replicated queues with a member here may have been behind: ");
        await a.LogsAsync($"reported:   queue 'r0' in vhost '/': members {_peers.Names}; {a.Name} has it up to index ");
        await a.LogsAsync("reported:   and 2 more, which the start names in incidents/ of the data directory");
        // In order, whatever order the broker has them in.
        Assert.False(a.Log.Has("reported:   queue 'r8' ") || a.Log.Has("reported:   queue 'r9' "), $"{a.Log}");
        Assert.DoesNotContain("force_boot", await a.TellAsync("incidents"), StringComparison.Ordinal);
        Assert.Equal("done", await a.TellAsync("start_app"));
        Assert.Equal("done", await a.TellAsync("serves"));
        await a.LogsAsync("generation 2 of the cluster has begun with this node alone");
        string kept = await File.ReadAllTextAsync(Assert.Single(a.ForcedBoots));
        for (int number = 0; number < 12; number++)
        {
            Assert.Contains(
                $"queue 'r{number}' in vhost '/': members {_peers.Names}; ", kept, StringComparison.Ordinal);
        }
        Assert.Contains("committed", kept, StringComparison.Ordinal);
        await Eventually.True(
            () => File.ReadAllText(Path.Combine(a.DataDirectory, "incidents", "record.jsonl"))
                .Contains("\"kind\":\"force_boot\"", StringComparison.Ordinal), () => $"{a.Log}");
        Assert.Equal(Messages, await DrainAsync(a, "r0"));
    }

    /// <summary>Also long after it went on alone.</summary>
    [Fact]
    public async Task A_damaged_one_is_served_when_its_loss_is_accepted_and_not_before()
    {
        TestedPeer a = await SurvivorAsync(queues: 1);
        Assert.Equal("done", await a.TellAsync("force_boot"));
        Assert.Equal("done", await a.TellAsync("start_app"));
        await a.LogsAsync("generation 2 of the cluster has begun with this node alone");
        Assert.Equal("done", await a.TellAsync("damage r0"));
        Assert.Equal("done", await a.TellAsync("force_boot"));
        await a.LogsAsync($"reported: {a.Name} has no other members to wait for: its next start is as any other");
        Assert.Equal("done", await a.TellAsync("start_app"));
        await a.LogsAsync("Replicated queue 'r0' in vhost '/': this member has lost something of it");
        Assert.Contains("damaged_member", await a.TellAsync("incidents"), StringComparison.Ordinal);

        Assert.Equal("done", await a.TellAsync("force_boot_accepting_loss"));
        await a.LogsAsync("reported: 1 replicated queue with a member here that is damaged or was never complete");
        await a.LogsAsync($"reported:   queue 'r0' in vhost '/': members ");
        Assert.Equal("done", await a.TellAsync("start_app"));
        await a.LogsAsync("goes on alone with what is left of it, by 'force_boot --accept-loss'");
        Assert.Equal(Messages, await DrainAsync(a, "r0"));
        Assert.Contains("accepted_loss", await a.TellAsync("incidents"), StringComparison.Ordinal);
        // Nothing is left to be done, and it is as any other node.
        Assert.Equal("done", await a.TellAsync("force_boot_accepting_loss"));
        await a.LogsAsync($"reported: {a.Name} has no other members to wait for, nor a queue that does");
        Assert.Equal("done", await a.TellAsync("start_app"));
        TestedPeer d = await _peers.Make(4).StartAsync();
        await d.JoinAsync(a);
        await a.SeesAsync(d, "up");
    }

    /// <summary>Until the start that does it; which names them all.</summary>
    [Fact]
    public async Task What_a_node_that_is_alone_was_to_accept_can_be_withdrawn_and_said_again()
    {
        TestedPeer a = await SurvivorAsync(queues: 12);
        Assert.Equal("done", await a.TellAsync("force_boot"));
        Assert.Equal("done", await a.TellAsync("start_app"));
        await a.LogsAsync("generation 2 of the cluster has begun with this node alone");
        string begun = Assert.Single(a.ForcedBoots);
        for (int number = 0; number < 12; number++)
            Assert.Equal("done", await a.TellAsync($"damage r{number}"));
        string plan = Path.Combine(a.DataDirectory, ForcedBootFile.Path);
        Assert.Equal("done", await a.TellAsync("force_boot_accepting_loss"));
        await a.LogsAsync("reported: 12 replicated queues with a member here that is damaged");
        Assert.True(File.Exists(plan));
        Assert.Equal("done", await a.TellAsync("force_boot"));
        await a.LogsAsync("reported: what 'force_boot --accept-loss' has noted is withdrawn");
        Assert.False(File.Exists(plan));
        Assert.Equal("done", await a.TellAsync("start_app"));
        Assert.DoesNotContain("accepted_loss", await a.TellAsync("incidents"), StringComparison.Ordinal);

        Assert.Equal("done", await a.TellAsync("force_boot_accepting_loss"));
        Assert.Equal("done", await a.TellAsync("force_boot_accepting_loss"));
        Assert.Equal("done", await a.TellAsync("start_app"));
        await a.LogsAsync("goes on alone with what is left of it, by 'force_boot --accept-loss'");
        string kept = await File.ReadAllTextAsync(Assert.Single(a.ForcedBoots, file => file != begun));
        for (int number = 0; number < 12; number++)
            Assert.Contains($"queue 'r{number}' in vhost '/': members ", kept, StringComparison.Ordinal);
        Assert.Contains(begun, a.ForcedBoots);
        Assert.Contains("accepted_loss", await a.TellAsync("incidents"), StringComparison.Ordinal);
        await Eventually.True(() => !File.Exists(plan), () => $"{a.Log}");
    }

    // One of three, whose others are gone for good.
    private async Task<TestedPeer> SurvivorAsync(int queues)
    {
        TestedPeer a = await _peers.Make(1).StartAsync();
        TestedPeer b = await _peers.Make(2).StartAsync();
        TestedPeer c = await _peers.Make(3).StartAsync();
        await b.JoinAsync(a);
        await c.JoinAsync(a);
        await a.LogsAsync($"{c.Name} has caught up, and votes from now on");
        for (int number = 0; number < queues; number++)
            Assert.Equal("done", await a.TellAsync($"declare_quorum r{number}"));
        WireClient client = await a.ConnectAsync();
        await client.LoginAsync();
        await client.OpenChannelAsync(1);
        await client.CallAsync(1, new ConfirmSelect(false), MethodId.ConfirmSelectOk);
        for (int number = 0; number < Messages; number++)
        {
            client.AddPublish(1, "", "r0", [(byte)number], new BasicProperties { DeliveryMode = 2 }.ToArray());
            await client.FlushAsync();
            await client.ExpectAsync(MethodId.BasicAck);
        }
        await client.DisposeAsync();
        b.Kill();
        c.Kill();
        return a;
    }

    private static async Task<int> DrainAsync(TestedPeer peer, string queue)
    {
        int count = 0;
        await using WireClient client = await peer.ConnectAsync();
        await client.LoginAsync();
        await client.OpenChannelAsync(1);
        while (true)
        {
            await client.SendAsync(1, new BasicGet(queue, noAck: true));
            if ((await client.NextAsync()).Method != MethodId.BasicGetOk)
                return count;
            count++;
        }
    }
}
