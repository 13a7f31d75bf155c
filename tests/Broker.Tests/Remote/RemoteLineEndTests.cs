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
}
