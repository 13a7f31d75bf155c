using Warren.Amqp;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Durability;

/// <summary>Large messages that go to several queues, which the log has once.</summary>
public sealed class SharedBodyTests : IAsyncDisposable
{
    private static readonly string[] Queues = ["a", "b", "c"];

    private DurableNode _node = new();

    public static TheoryData<int> Sizes { get; } = [4_000, 5_000, 16_384, 40_000];

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Theory]
    [MemberData(nameof(Sizes))]
    public async Task Consumers_may_acknowledge_before_the_body_is_written(int bodyBytes)
    {
        DurableClient client = await ReadyAsync();
        await PublishAsync(client, bodyBytes);
        await PassAsync(client);
        foreach (string queue in Queues)
        {
            Received got = (await client.GetAsync(queue))!;
            AssertBody(got.Body, bodyBytes);
            await client.AckAsync(queue, got);
        }
        // Its memory may be needed for something else now.
        await PublishAsync(client, bodyBytes, fill: 9);
        await PassAsync(client);
        _node.Commit();
        await client.Wire.ExpectAsync(MethodId.BasicAck);
        _node = await _node.CrashAsync();
        client = await _node.ConnectAsync();
        foreach (string queue in Queues)
        {
            AssertBody((await client.GetAsync(queue, noAck: true))!.Body, bodyBytes, fill: 9);
            Assert.Equal(0u, await client.PassAsync(queue));
        }
        _node.Commit();
        Assert.Equal(0, _node.LiveQueueEntries());
        await MemoryIsGivenBackAsync();
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public async Task The_memory_of_what_all_queues_refuse_is_given_back(int bodyBytes)
    {
        DurableClient client = await ReadyAsync(
            ("x-max-length", FieldValue.Of(0)), ("x-overflow", FieldValue.Of("reject-publish")));
        await PublishAsync(client, bodyBytes);
        await client.Wire.ExpectAsync(MethodId.BasicNack);
        _node.Commit();
        await MemoryIsGivenBackAsync();
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public async Task A_body_is_read_after_its_entries_and_itself_were_moved(int bodyBytes)
    {
        DurableClient client = await ReadyAsync();
        await PublishAsync(client, bodyBytes);
        await PassAsync(client);
        _node.Commit();
        await client.Wire.ExpectAsync(MethodId.BasicAck);
        _node = await _node.CrashAsync();
        client = await _node.ConnectAsync();
        await client.DeclareAsync("filler");
        await client.ConfirmAsync();
        for (int round = 0; round < 4; round++)
        {
            await client.PublishSafelyAsync("filler", [.. Enumerable.Repeat(new string('f', 10_000), 10)]);
            await client.DrainAsync("filler");
            await client.PassAsync("filler");
            _node.Commit();
            _node.Reclaim();
            foreach (string queue in Queues)
                Assert.Equal(1u, await client.PassAsync(queue));
        }
        for (int start = 0; start < 2; start++)
        {
            foreach (string queue in Queues)
                AssertBody((await client.GetAsync(queue))!.Body, bodyBytes);
            _node = await _node.CrashAsync();
            client = await _node.ConnectAsync();
        }
    }

    private async Task<DurableClient> ReadyAsync(params (string Name, FieldValue Value)[] arguments)
    {
        DurableClient client = await _node.ConnectAsync();
        foreach (string queue in Queues)
            await client.DeclareAsync(queue, DurableClient.Arguments(arguments));
        await client.BindAsync("x", Queues);
        await client.ConfirmAsync();
        return client;
    }

    private static async Task PublishAsync(DurableClient client, int bodyBytes, byte fill = 7)
    {
        byte[] body = new byte[bodyBytes];
        body.AsSpan().Fill(fill);
        await client.PublishAsync("x", "", body, new BasicProperties { DeliveryMode = 2 });
    }

    private static async Task PassAsync(DurableClient client)
    {
        foreach (string queue in Queues)
            Assert.Equal(1u, await client.PassAsync(queue));
    }

    private static void AssertBody(byte[] body, int bodyBytes, byte fill = 7)
    {
        Assert.Equal(bodyBytes, body.Length);
        Assert.False(body.AsSpan().ContainsAnyExcept(fill));
    }

    private async Task MemoryIsGivenBackAsync()
    {
        await _node.Host.CutAsync();
        _node.Commit();
        await Eventually.True(() => _node.OutstandingBytes == 0, () => $"{_node.OutstandingBytes} bytes");
    }
}
