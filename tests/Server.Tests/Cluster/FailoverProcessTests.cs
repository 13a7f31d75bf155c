using Warren.Amqp;
using Warren.Wire;
using Xunit;

namespace Warren.Server.Tests.Cluster;

/// <summary>Replicated queues of three nodes, whose leaders' node goes.</summary>
public sealed class FailoverProcessTests : IDisposable
{
    private const int Queues = 8;

    private readonly TestedPeers _peers = new();

    public void Dispose() => _peers.Dispose();

    [Fact]
    public async Task A_node_that_stops_hands_over_what_it_leads_and_one_that_is_killed_is_followed()
    {
        (TestedPeer a, TestedPeer b) = await _peers.LinkedAsync();
        TestedPeer c = await _peers.Make(3).StartAsync();
        await c.JoinAsync(a);
        await a.LogsAsync($"{c.Name} has caught up, and votes from now on");
        foreach ((TestedPeer one, TestedPeer other) in new[] { (a, c), (c, a), (b, c), (c, b) })
            await one.SeesAsync(other, "up");
        await using (WireClient declarer = await a.ConnectAsync())
        {
            await declarer.LoginAsync();
            await declarer.OpenChannelAsync(1);
            for (int queue = 0; queue < Queues; queue++)
            {
                await declarer.CallAsync(
                    1,
                    new QueueDeclare(
                        $"q{queue}", passive: false, durable: true, exclusive: false, autoDelete: false, noWait: false,
                        new FieldTable { ["x-queue-type"] = FieldValue.Of("quorum") }),
                    MethodId.QueueDeclareOk);
            }
            await PublishAsync(declarer);
        }
        await a.StopAsync();
        // A founder that was too quick for the others may lead one less.
        Assert.Contains(
            Enumerable.Range(1, Queues),
            led => a.Log.Has($"handed over {led} of the {led} replicated queues that this node led"));
        await using WireClient client = await b.ConnectAsync();
        await client.LoginAsync();
        await PublishAsync(client);
        await a.StartAsync();
        await a.SeesAsync(b, "up");
        await a.SeesAsync(c, "up");
        await PublishAsync(client);
        c.Kill();
        await PublishAsync(client);
    }

    // One to each queue; all are confirmed.
    private static async Task PublishAsync(WireClient client)
    {
        await client.OpenChannelAsync(2);
        await client.CallAsync(2, new ConfirmSelect(noWait: false), MethodId.ConfirmSelectOk);
        for (int queue = 0; queue < Queues; queue++)
            client.AddPublish(2, "", $"q{queue}", "m"u8.ToArray());
        await client.FlushAsync();
        HashSet<ulong> open = [.. Enumerable.Range(1, Queues).Select(static number => (ulong)number)];
        while (open.Count > 0)
        {
            Received ack = await client.ExpectAsync(MethodId.BasicAck);
            open.RemoveWhere(number => number == ack.Sequence || (ack.IsMultiple && number < ack.Sequence));
        }
        await client.CallAsync(2, new ChannelClose(200, "", 0, 0), MethodId.ChannelCloseOk);
    }
}
