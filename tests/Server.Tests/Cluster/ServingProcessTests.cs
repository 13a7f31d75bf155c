using Warren.Amqp;
using Warren.Wire;
using Xunit;

namespace Warren.Server.Tests.Cluster;

/// <summary>Members that run, and serve no clients.</summary>
public sealed class ServingProcessTests : IDisposable
{
    private const string Halted = "serving no clients until it is started again: what this node has of the definitions "
        + "cannot be read from its disk any more";

    private readonly TestedPeers _peers = new();

    public void Dispose() => _peers.Dispose();

    [Fact]
    public async Task A_halted_member_serves_nobody_and_votes_until_it_is_started_again()
    {
        (TestedPeer a, TestedPeer b) = await _peers.LinkedAsync();
        TestedPeer c = await _peers.Make(3).StartAsync();
        await c.JoinAsync(a);
        await a.LogsAsync($"{c.Name} has caught up, and votes from now on");
        await b.SeesAsync(c, "up");
        Assert.Equal("done", await c.TellAsync("declare kept"));
        WireClient client = await c.ConnectAsync();
        await client.LoginAsync();
        Assert.Equal("done", await c.TellAsync("lose_definitions"));
        Assert.Contains(
            "reason 'paused'", (await client.ExpectAsync(MethodId.ConnectionClose)).CloseReason,
            StringComparison.Ordinal);
        await client.DisposeAsync();
        await Eventually.True(() => c.Refuses(), () => $"{c.Log}");
        Assert.StartsWith(Halted, await c.TellAsync("waiting"), StringComparison.Ordinal);
        await c.LogsAsync("what this node has of the definitions cannot be read from its disk any more");
        await a.SeesAsync(c, "up");
        // Nothing is changed now without it: it has what was lost.
        b.Kill();
        await a.SeesAsync(b, "down");
        Assert.Equal("done", await a.TellAsync("add_vhost with-a"));
        await b.StartAsync();
        Assert.Equal("done", await b.TellAsync("serves"));
        // Nor does anybody lead without its vote.
        a.Kill();
        await b.SeesAsync(a, "down");
        Assert.Equal("done", await b.TellAsync("add_vhost with-b"));
        Assert.True(c.Refuses());
        Assert.StartsWith(Halted, await c.TellAsync("waiting"), StringComparison.Ordinal);
        await c.StopAsync();
        await c.StartAsync();
        Assert.Equal("done", await c.TellAsync("serves"));
        Assert.Equal("", await c.TellAsync("waiting"));
        Assert.Equal("/ with-a with-b", await c.TellAsync("vhosts"));
        Assert.Equal("kept", await c.TellAsync("queues"));
        await using WireClient again = await c.ConnectAsync();
        await again.LoginAsync();
    }

    [Fact]
    public async Task What_was_suspended_while_it_waited_stays_so_when_it_serves()
    {
        (TestedPeer a, TestedPeer b) = await _peers.LinkedAsync();
        a.Kill();
        await b.StopAsync();
        await b.StartAsync();
        await b.LogsAsync("waiting for a majority of the cluster's 2 nodes");
        Assert.Equal("done", await b.TellAsync("suspend_listeners"));
        await a.StartAsync();
        Assert.Equal("done", await b.TellAsync("serves"));
        await b.LogsAsync("an operator has suspended its listeners");
        Assert.False(b.Log.Has("started TCP listener on "));
        Assert.Equal("done", await b.TellAsync("resume_listeners"));
        await using WireClient client = await b.ConnectAsync();
        await client.LoginAsync();
    }
}
