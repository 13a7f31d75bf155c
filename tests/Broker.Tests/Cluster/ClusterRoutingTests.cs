using Warren.Amqp;
using Warren.Broker.Exchanges;
using Warren.Broker.Queues;
using Warren.Broker.Tests.Connections;
using Warren.Broker.Topology;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Cluster;

/// <summary>
/// What a node routes by itself, without a client who waits: nothing is dropped for want of a route that other nodes
/// know already.
/// </summary>
public sealed class ClusterRoutingTests : IAsyncDisposable
{
    private static readonly FieldTable ToLate = new()
    {
        ["x-dead-letter-exchange"] = FieldValue.Of(""),
        ["x-dead-letter-routing-key"] = FieldValue.Of("late"),
    };

    private readonly LiveCluster _cluster = new(3);

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task A_dead_letter_that_goes_nowhere_waits_until_its_node_knows_what_all_know()
    {
        await _cluster.ServingAsync();
        int follower = _cluster.Follower();
        Link here = await _cluster[1].ConnectWithChannelAsync();
        Link there = await _cluster[follower].ConnectWithChannelAsync();
        await there.Client.DeclareAsync(1, "source", arguments: ToLate);
        there.Client.AddPublish(1, "", "source", WireClient.Bytes("first"));
        there.Client.AddPublish(1, "", "source", WireClient.Bytes("second"));
        await there.Client.ConsumeAsync(1, "source");
        ulong first = (await there.Client.ExpectAsync(MethodId.BasicDeliver)).DeliveryTag;
        ulong second = (await there.Client.ExpectAsync(MethodId.BasicDeliver)).DeliveryTag;
        _cluster.SetCut(follower, isCut: true);
        await here.Client.DeclareAsync(1, "late");
        await there.Client.SendAsync(1, new BasicReject(first, requeue: false));
        await there.Client.SendAsync(1, new BasicReject(second, requeue: false));
        await Eventually.True(() => HomeOf(follower, "source").UnackedCount == 0);
        _cluster.SetCut(follower, isCut: false);
        await here.Client.ConsumeAsync(1, "late");
        Assert.Equal(
            WireClient.Bytes("first"), (await here.Client.ExpectAsync(MethodId.BasicDeliver)).Body);
        Assert.Equal(
            WireClient.Bytes("second"), (await here.Client.ExpectAsync(MethodId.BasicDeliver)).Body);
    }

    [Fact]
    public async Task Whoever_waits_for_a_barrier_is_told_when_what_it_brings_can_be_seen()
    {
        await _cluster.ServingAsync();
        int follower = _cluster.Follower();
        Link here = await _cluster[1].ConnectWithChannelAsync();
        MessageBroker broker = _cluster[follower].Broker;
        for (int round = 0; round < 20; round++)
        {
            string name = $"new-{round}";
            _cluster.SetCut(follower, isCut: true);
            await here.Client.DeclareAsync(1, name);
            var seen = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
            broker.Definitions.RequestBarrier(isReached => seen.TrySetResult(
                isReached && broker.Topology.Vhosts.TryGetValue("/", out Vhost? vhost)
                && vhost.Queues.TryGetValue(name, out _)));
            _cluster.SetCut(follower, isCut: false);
            Assert.True(await seen.Task.WaitAsync(Eventually.Patience), name);
        }
    }

    [Fact]
    public async Task A_dead_letter_that_nobody_wants_is_dropped_once_that_is_known()
    {
        await _cluster.ServingAsync();
        Link link = await _cluster[_cluster.Follower()].ConnectWithChannelAsync();
        await link.Client.DeclareAsync(1, "source", arguments: ToLate);
        // Longer than what lies in a slab with others.
        link.Client.AddPublish(1, "", "source", new byte[100_000]);
        await link.Client.ConsumeAsync(1, "source");
        ulong tag = (await link.Client.ExpectAsync(MethodId.BasicDeliver)).DeliveryTag;
        await link.Client.SendAsync(1, new BasicReject(tag, requeue: false));
        await link.Client.CloseAsync();
        MessageBroker broker = _cluster[_cluster.Follower()].Broker;
        await Eventually.True(
            () => broker.Slabs.OutstandingBytes == 0, () => $"{broker.Slabs.OutstandingBytes} bytes");
    }

    [Fact]
    public async Task A_delayed_message_that_goes_nowhere_waits_until_its_node_knows_what_all_know()
    {
        await _cluster.ServingAsync();
        int follower = _cluster.Follower();
        Link here = await _cluster[1].ConnectWithChannelAsync();
        Link there = await _cluster[follower].ConnectWithChannelAsync();
        await there.Client.CallAsync(
            1,
            new ExchangeDeclare(
                "x", ExchangeTypes.DelayedMessage, false, durable: false, false, false, false,
                new FieldTable { ["x-delayed-type"] = FieldValue.Of(ExchangeTypes.Fanout) }),
            MethodId.ExchangeDeclareOk);
        await here.Client.DeclareAsync(1, "late");
        await there.Client.CallAsync(1, new ConfirmSelect(false), MethodId.ConfirmSelectOk);
        byte[] delayed = new BasicProperties
        {
            Headers = new FieldTable { ["x-delay"] = FieldValue.Of(3000) },
        }.ToArray();
        there.Client.AddPublish(1, "x", "", WireClient.Bytes("one"), delayed);
        await there.Client.FlushAsync();
        await there.Client.ExpectAsync(MethodId.BasicAck);
        MessageBroker broker = _cluster[follower].Broker;
        long dueMs = broker.NowMs + 3000;
        _cluster.SetCut(follower, isCut: true);
        await here.Client.CallAsync(
            1, new QueueBind("late", "x", "", noWait: false, FieldTable.Empty), MethodId.QueueBindOk);
        await Eventually.True(() => broker.NowMs > dueMs + 500);
        Assert.Equal(1, broker.Delays.Count);
        _cluster.SetCut(follower, isCut: false);
        await here.Client.ConsumeAsync(1, "late");
        Assert.Equal(WireClient.Bytes("one"), (await here.Client.ExpectAsync(MethodId.BasicDeliver)).Body);
        await Eventually.True(() => broker.Delays.Count == 0);
    }

    private QueueHome HomeOf(int number, string queue) =>
        _cluster[number].Broker.Topology.Vhosts.TryGetValue("/", out Vhost? vhost)
        && vhost.Queues.TryGetValue(queue, out QueueDefinition? found)
            ? found.Home
            : throw new InvalidOperationException($"no queue {queue}");
}
