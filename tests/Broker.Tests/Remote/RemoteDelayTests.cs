using Warren.Amqp;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Remote;

/// <summary>Delayed messages for queues on other nodes.</summary>
public sealed class RemoteDelayTests
{
    [Fact]
    public async Task A_queue_whose_home_is_away_holds_up_no_message_for_another()
    {
        const int Away = 40;
        await using TestCluster cluster = await TestCluster.StartAsync(
            // Node by node: what has members stops without the other one of two.
            options: new BrokerOptions { QuorumInitialGroupSize = 1 });
        await cluster.DeclareAsync(1, "away", durable: true);
        await cluster.DeclareAsync(0, "here", durable: true);
        WireClient client = await cluster.ConnectAsync(0);
        await client.CallAsync(
            1,
            new ExchangeDeclare(
                "later", "x-delayed-message", passive: false, durable: true, autoDelete: false, @internal: false,
                noWait: false, new FieldTable { ["x-delayed-type"] = FieldValue.Of("direct") }),
            MethodId.ExchangeDeclareOk);
        foreach (string queue in (string[])["away", "here"])
        {
            await client.CallAsync(
                1, new QueueBind(queue, "later", queue, noWait: false, FieldTable.Empty), MethodId.QueueBindOk);
        }
        await client.CallAsync(1, new ConfirmSelect(noWait: false), MethodId.ConfirmSelectOk);
        byte[] body = new byte[1024 * 1024];
        for (int number = 0; number < Away; number++)
        {
            body[0] = (byte)number;
            await PublishAsync(client, "away", body, number + 1);
        }
        await PublishAsync(client, "here", [1], Away + 1);
        cluster.Network.IsDown = true;
        await Eventually.True(() => !cluster.Nodes[0].Peers.IsUp(cluster.Nodes[1].Id));
        await Eventually.True(() =>
        {
            cluster.Advance(TimeSpan.FromMilliseconds(200));
            return cluster.Home(0, "here").ReadyCount == 1;
        });
        // They keep to the disk, but for those that begin.
        MessageBroker broker = cluster.Nodes[0].Broker;
        Assert.Equal(Away - 2, broker.Delays.Count);
        await Eventually.True(
            () => broker.Slabs.OutstandingBytes < 14 * 1024 * 1024, () => $"{broker.Slabs.OutstandingBytes} bytes");
        cluster.Network.IsDown = false;
        await cluster.LinksAreUp();
        await Eventually.True(() =>
        {
            cluster.Advance(TimeSpan.FromMilliseconds(100));
            return cluster.Home(1, "away").ReadyCount == Away;
        });
        for (int number = 0; number < Away; number++)
        {
            Received got = await client.CallAsync(1, new BasicGet("away", noAck: true), MethodId.BasicGetOk);
            Assert.Equal(number, got.Body[0]);
        }
    }

    private static async Task PublishAsync(WireClient client, string key, byte[] body, int sequence)
    {
        byte[] properties = new BasicProperties
        {
            DeliveryMode = 2,
            Headers = new FieldTable { ["x-delay"] = FieldValue.Of(10_000) },
        }.ToArray();
        client.AddPublish(1, "later", key, body, properties);
        await client.FlushAsync();
        Assert.Equal((ulong)sequence, (await client.ExpectAsync(MethodId.BasicAck)).Sequence);
    }
}
