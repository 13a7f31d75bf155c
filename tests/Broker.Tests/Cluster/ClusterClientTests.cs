using Warren.Amqp;
using Warren.Broker.Tests.Connections;
using Warren.Broker.Topology;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Cluster;

/// <summary>What clients of several nodes are told.</summary>
public sealed class ClusterClientTests : IAsyncDisposable
{
    private readonly LiveCluster _cluster = new(3);

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task An_exclusive_queue_is_its_connections_on_all_nodes_and_goes_with_it()
    {
        await _cluster.ServingAsync();
        Link owner = await _cluster[1].ConnectWithChannelAsync();
        await owner.Client.DeclareAsync(1, "mine", exclusive: true);
        Link other = await _cluster[2].ConnectWithChannelAsync();
        await other.Client.SendAsync(1, new QueueDeclare("mine", false, false, false, false, false, FieldTable.Empty));
        Received refusal = await other.Client.ExpectAsync(MethodId.ChannelClose);
        Assert.Contains("RESOURCE_LOCKED", Text(refusal), StringComparison.Ordinal);
        await owner.Client.CloseAsync();
        // Whoever has got close-ok may rely on the name being free.
        Link third = await _cluster[3].ConnectWithChannelAsync();
        await third.Client.DeclareAsync(1, "mine");
    }

    [Fact]
    public async Task What_is_locked_here_is_looked_for_before_anybody_is_told_so()
    {
        await _cluster.ServingAsync();
        int follower = _cluster.Follower();
        Link owner = await _cluster[1].ConnectWithChannelAsync();
        Link other = await _cluster[follower].ConnectWithChannelAsync();
        await owner.Client.DeclareAsync(1, "mine", exclusive: true);
        _cluster.SetCut(follower, isCut: true);
        // It does not wait for a node that cannot be reached.
        await owner.Client.CloseAsync();
        await other.Client.SendAsync(
            1, new QueueDeclare("mine", false, false, false, false, noWait: false, FieldTable.Empty));
        await Task.Delay(50);
        _cluster.SetCut(follower, isCut: false);
        await other.Client.ExpectAsync(MethodId.QueueDeclareOk);
    }

    [Fact]
    public async Task A_declaration_that_nobody_waits_for_is_over_too_when_close_ok_comes()
    {
        await _cluster.ServingAsync();
        Link owner = await _cluster[1].ConnectWithChannelAsync();
        await owner.Client.SendAsync(
            1, new QueueDeclare("mine", false, false, exclusive: true, false, noWait: true, FieldTable.Empty));
        await owner.Client.CloseAsync();
        Link other = await _cluster[2].ConnectWithChannelAsync();
        await other.Client.DeclareAsync(1, "mine");
        // Not even later.
        await _cluster[1].ConnectWithChannelAsync();
        await other.Client.DeclareAsync(1, "mine");
    }

    [Fact]
    public async Task Whose_connection_the_node_closes_finds_his_names_free_too()
    {
        await _cluster.ServingAsync();
        Link owner = await _cluster[1].ConnectWithChannelAsync();
        await owner.Client.DeclareAsync(1, "mine", exclusive: true);
        await owner.Client.SendAsync(7, new ConfirmSelect(false));
        await owner.Client.ExpectAsync(MethodId.ConnectionClose);
        Link other = await _cluster[2].ConnectWithChannelAsync();
        await other.Client.DeclareAsync(1, "mine");
    }

    [Fact]
    public async Task A_node_that_is_cut_off_says_goodbye_all_the_same()
    {
        await _cluster.ServingAsync();
        Link owner = await _cluster[3].ConnectWithChannelAsync();
        await owner.Client.DeclareAsync(1, "mine", exclusive: true);
        _cluster.SetCut(3, isCut: true);
        await owner.Client.CloseAsync();
        _cluster.SetCut(3, isCut: false);
        await Eventually.True(() => !_cluster[1].Broker.Topology.Vhosts.TryGetValue("/", out Vhost? vhost)
            || !vhost.Queues.TryGetValue("mine", out _));
    }

    [Fact]
    public async Task What_is_missing_here_is_looked_for_before_anybody_is_told_so()
    {
        await _cluster.ServingAsync();
        int follower = _cluster.Follower();
        Link here = await _cluster[1].ConnectWithChannelAsync();
        Link there = await _cluster[follower].ConnectWithChannelAsync();
        await there.Client.OpenChannelAsync(2);
        await there.Client.CallAsync(2, new ConfirmSelect(false), MethodId.ConfirmSelectOk);
        _cluster.SetCut(follower, isCut: true);
        await here.Client.DeclareAsync(1, "late");
        // Asked while the node does not know of it, and answered when it does.
        await there.Client.SendAsync(1, Passive("late"));
        there.Client.AddPublish(2, "", "late", WireClient.Bytes("one"), mandatory: true);
        await there.Client.FlushAsync();
        await Task.Delay(50);
        _cluster.SetCut(follower, isCut: false);
        uint[] answers = [(await there.Client.NextAsync()).Method, (await there.Client.NextAsync()).Method];
        Assert.Equal([MethodId.QueueDeclareOk, MethodId.BasicAck], answers.Order());
    }

    [Fact]
    public async Task Messages_that_go_nowhere_come_back_in_order_with_what_was_sent_between()
    {
        await _cluster.ServingAsync();
        Link link = await _cluster[2].ConnectWithChannelAsync();
        await link.Client.DeclareAsync(1, "q");
        for (int each = 0; each < 300; each++)
        {
            string key = each % 3 == 0 ? "q" : "nowhere";
            link.Client.AddPublish(1, "", key, WireClient.Bytes($"{each}"), mandatory: true);
        }
        await link.Client.FlushAsync();
        for (int each = 0; each < 300; each++)
        {
            if (each % 3 == 0)
                continue;
            Received returned = await link.Client.NextAsync();
            Assert.Equal(MethodId.BasicReturn, returned.Method);
            Assert.Equal(WireClient.Bytes($"{each}"), returned.Body);
        }
        Received counted = await link.Client.DeclareAsync(1, "q");
        Assert.Equal(1, counted.Channel);
        await link.Client.SendAsync(1, Passive("none"));
        Received missing = await link.Client.ExpectAsync(MethodId.ChannelClose);
        Assert.Contains("NOT_FOUND", Text(missing), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_that_is_cut_off_says_so_and_not_that_something_is_missing()
    {
        await _cluster.ServingAsync();
        Link link = await _cluster[3].ConnectWithChannelAsync();
        Link second = await _cluster[3].ConnectWithChannelAsync();
        _cluster.SetCut(3, isCut: true);
        await link.Client.SendAsync(1, Passive("none"));
        await second.Client.SendAsync(1, new QueueDeclare("new", false, true, false, false, false, FieldTable.Empty));
        foreach (Link each in new[] { link, second })
        {
            Received close = await each.Client.ExpectAsync(MethodId.ConnectionClose);
            Assert.Contains("definitions cannot be changed now", Text(close), StringComparison.Ordinal);
        }
    }

    private static QueueDeclare Passive(string queue) =>
        new(queue, passive: true, false, false, false, noWait: false, FieldTable.Empty);

    private static string Text(Received close) => System.Text.Encoding.UTF8.GetString(close.Arguments);
}
