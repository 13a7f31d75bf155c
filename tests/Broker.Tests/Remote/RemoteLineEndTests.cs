using Warren.Amqp;
using Warren.Broker.Queues.Remote;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Remote;

/// <summary>The two ends of a line do not lose patience at the same time.</summary>
public sealed class RemoteLineEndTests
{
    [Fact]
    public async Task What_a_node_held_that_has_given_up_goes_back_when_the_link_does()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        await cluster.DeclareAsync(1, "q");
        WireClient publisher = await cluster.ConnectAsync(1);
        publisher.AddPublish(1, "", "q", "m"u8);
        await publisher.FlushAsync();
        WireClient client = await cluster.ConnectAsync(0);
        await client.ConsumeAsync(1, "q", "c");
        await client.ExpectAsync(MethodId.BasicDeliver);
        cluster.Network.IsDown = true;
        await Eventually.True(() => !cluster.Nodes[0].Peers.IsUp(cluster.Nodes[1].Id)
            && !cluster.Nodes[1].Peers.IsUp(cluster.Nodes[0].Id));
        // Longer than the client's node waits, shorter than the home does.
        cluster.Advance(new LineOptions().Patience + TimeSpan.FromMilliseconds(500));
        await client.ExpectAsync(MethodId.BasicCancel);
        cluster.Network.IsDown = false;
        await cluster.Holds(1, "q", ready: 1, unacked: 0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_a_node_that_stood_still_finds_is_handed_out_only_if_the_home_has_waited(bool waits)
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        await cluster.DeclareAsync(0, "q");
        WireClient far = await cluster.ConnectAsync(1);
        await far.ConsumeAsync(1, "q", "far");
        WireClient near = await cluster.ConnectAsync(0);
        TestPeers peers = cluster.Nodes[1].Peers;
        using var goesOn = new ManualResetEventSlim();
        peers.Filter = kind => kind != LineFrame.Deliveries || goesOn.Wait(Eventually.Patience);
        long arrived = peers.Arrived[LineFrame.Deliveries];
        near.AddPublish(1, "", "q", "m"u8);
        await near.FlushAsync();
        await Eventually.True(() => peers.Arrived[LineFrame.Deliveries] > arrived);
        cluster.Network.IsDown = true;
        await Eventually.True(() => !cluster.Nodes[0].Peers.IsUp(cluster.Nodes[1].Id));
        if (!waits)
        {
            cluster.Advance(new LineOptions().HomePatience + TimeSpan.FromMilliseconds(500));
            await cluster.Holds(0, "q", ready: 1, unacked: 0);
            Received other = await near.CallAsync(1, new BasicGet("q", noAck: true), MethodId.BasicGetOk);
            Assert.True(other.IsRedelivered);
        }
        peers.LostFor = new LineOptions().Patience;
        goesOn.Set();
        await Eventually.True(() => !peers.IsUp(cluster.Nodes[0].Id));
        peers.LostFor = TimeSpan.Zero;
        cluster.Network.IsDown = false;
        Received next = await far.NextAsync();
        Assert.Equal(waits ? MethodId.BasicDeliver : MethodId.BasicCancel, next.Method);
        Assert.False(waits && next.IsRedelivered);
        await cluster.Holds(0, "q", ready: 0, unacked: waits ? 1 : 0);
    }
}
