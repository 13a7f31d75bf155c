using Warren.Amqp;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Durability;

/// <summary>What of a queue is there after a crash or a stop, and how it goes on.</summary>
public sealed class RestartTests : IAsyncDisposable
{
    private DurableNode _node = new();

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task After_a_crash_all_are_redelivered_after_a_stop_those_that_were_handed_out(bool crashes)
    {
        DurableClient client = await ReadyAsync("q");
        await client.PublishSafelyAsync("q", "out", "waiting");
        await client.GetAsync("q");
        _node = crashes ? await _node.CrashAsync() : await _node.StopAsync();
        client = await _node.ConnectAsync();
        Received first = (await client.GetAsync("q"))!;
        Received second = (await client.GetAsync("q"))!;
        Assert.Equal(WireClient.Bytes("out"), first.Body);
        Assert.True(first.IsRedelivered);
        Assert.Equal(crashes, second.IsRedelivered);
        Assert.Null(await client.GetAsync("q"));
    }

    [Fact]
    public async Task A_stop_before_a_crash_says_nothing_about_what_came_between()
    {
        DurableClient client = await ReadyAsync("q");
        await client.PublishSafelyAsync("q", "a", "b");
        _node = await _node.StopAsync();
        client = await _node.ConnectAsync();
        Assert.False((await client.GetAsync("q"))!.IsRedelivered);
        _node = await _node.CrashAsync();
        client = await _node.ConnectAsync();
        Assert.True((await client.GetAsync("q"))!.IsRedelivered);
        Assert.True((await client.GetAsync("q"))!.IsRedelivered);
    }

    [Fact]
    public async Task An_acknowledgement_that_was_synced_holds_and_one_that_was_not_may_not()
    {
        DurableClient client = await ReadyAsync("q");
        await client.PublishSafelyAsync("q", "a", "b", "c", "d");
        await client.AckAsync("q", (await client.GetAsync("q"))!);
        Assert.NotNull(await client.GetAsync("q", noAck: true));
        await client.PassAsync("q");
        _node.Commit();
        await client.AckAsync("q", (await client.GetAsync("q"))!);
        _node = await _node.CrashAsync();
        client = await _node.ConnectAsync();
        Assert.Equal(["c", "d"], await client.DrainAsync("q"));
        await client.PassAsync("q");
        _node.Commit();
        Assert.Equal(0, _node.LiveQueueEntries());
    }

    [Fact]
    public async Task Priorities_come_back_in_order()
    {
        DurableClient client = await ReadyAsync("q", ("x-max-priority", FieldValue.Of(5)));
        foreach (byte priority in (byte[])[1, 5, 0, 5, 9])
        {
            await client.PublishAsync(
                "", "q", [priority], new BasicProperties { DeliveryMode = 2, Priority = priority });
        }
        await client.PassAsync("q");
        _node.Commit();
        _node = await _node.CrashAsync();
        client = await _node.ConnectAsync();
        foreach (byte priority in (byte[])[5, 5, 9, 1, 0])
            Assert.Equal([priority], (await client.GetAsync("q"))!.Body);
    }

    [Fact]
    public async Task Expiry_goes_on_by_the_wall_clock_while_the_node_is_down()
    {
        DurableClient client = await ReadyAsync("q", ("x-message-ttl", FieldValue.Of(60_000)));
        await client.PublishAsync("", "q", [1], new BasicProperties { DeliveryMode = 2, Expiration = "10000" });
        await client.PublishAsync("", "q", [2], new BasicProperties { DeliveryMode = 2, Expiration = "50000" });
        await client.PublishAsync("", "q", [3], new BasicProperties { DeliveryMode = 2 });
        Assert.Equal(3u, await client.PassAsync("q"));
        _node.Commit();
        _node = await _node.CrashAsync(TimeSpan.FromSeconds(20));
        client = await _node.ConnectAsync();
        Assert.Equal(2u, await client.PassAsync("q"));
        _node.Host.Time.Advance(TimeSpan.FromSeconds(29));
        Assert.Equal(2u, await client.PassAsync("q"));
        _node.Host.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(1u, await client.PassAsync("q"));
        _node.Host.Time.Advance(TimeSpan.FromSeconds(8));
        Assert.Equal(1u, await client.PassAsync("q"));
        _node.Host.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(0u, await client.PassAsync("q"));
        _node.Commit();
        Assert.Equal(0, _node.LiveQueueEntries());
    }

    [Fact]
    public async Task A_length_limit_holds_over_a_crash()
    {
        DurableClient client = await ReadyAsync("q", ("x-max-length", FieldValue.Of(3)));
        await client.PublishSafelyAsync("q", "1", "2", "3", "4", "5");
        await client.PassAsync("q");
        _node.Commit();
        _node = await _node.CrashAsync();
        client = await _node.ConnectAsync();
        Assert.Equal(3u, await client.PassAsync("q"));
        await client.PublishAsync("q", "6");
        Assert.Equal(["4", "5", "6"], await client.DrainAsync("q"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_quorum_queue_knows_how_often_a_message_came_back(bool hasLimit)
    {
        DurableClient client = hasLimit
            ? await ReadyAsync(
                "q", ("x-queue-type", FieldValue.Of("quorum")), ("x-delivery-limit", FieldValue.Of(2)))
            : await ReadyAsync("q", ("x-queue-type", FieldValue.Of("quorum")));
        await client.PublishAsync("q", "m", persistent: false);
        await _node.CommittingAsync(client.Wire.ExpectAsync(MethodId.BasicAck));
        for (long count = 1; count <= 2; count++)
        {
            await client.NackAsync("q", (await client.GetAsync("q"))!, requeue: true);
            _node.Commit();
            _node = await _node.CrashAsync();
            client = await _node.ConnectAsync();
            Received got = (await client.GetAsync("q"))!;
            Assert.Equal(
                FieldValue.Of(count), BasicProperties.Decode(got.Properties).Headers!["x-delivery-count"]);
            _node = await _node.CrashAsync();
            client = await _node.ConnectAsync();
        }
        await client.NackAsync("q", (await client.GetAsync("q"))!, requeue: true);
        Assert.Equal(hasLimit ? 0u : 1u, await client.PassAsync("q"));
        await client.DrainAsync("q");
        await client.PassAsync("q");
        _node.Commit();
        Assert.Equal(0, _node.LiveQueueEntries());
    }

    [Fact]
    public async Task Messages_of_a_deleted_queue_do_not_come_back_with_its_name()
    {
        DurableClient client = await ReadyAsync("q");
        await client.PublishSafelyAsync("q", "old1", "old2");
        await client.GetAsync("q");
        await DeleteAsync(client);
        await client.DeclareAsync("q");
        Assert.Equal(0u, await client.PassAsync("q"));
        await client.PublishSafelyAsync("q", "new");
        _node.Reclaim();
        for (int start = 0; start < 2; start++)
        {
            _node = await _node.CrashAsync();
            client = await _node.ConnectAsync();
            Assert.Equal(1u, await client.PassAsync("q"));
        }
        Assert.Equal(["new"], await client.DrainAsync("q"));
    }

    [Fact]
    public async Task A_purge_that_was_synced_holds()
    {
        DurableClient client = await ReadyAsync("q");
        await client.PublishSafelyAsync("q", "out", "a", "b");
        await client.GetAsync("q");
        Received purged = await _node.CommittingAsync(
            client.Wire.CallAsync(1, new QueuePurge("q", noWait: false), MethodId.QueuePurgeOk));
        Assert.Equal([0, 0, 0, 2], purged.Arguments);
        _node = await _node.CrashAsync();
        client = await _node.ConnectAsync();
        Assert.Equal(["out"], await client.DrainAsync("q"));
    }

    [Theory]
    [InlineData("auto-delete")]
    [InlineData("expires")]
    [InlineData("exclusive")]
    public async Task A_durable_queue_that_ends_takes_its_messages_along(string how)
    {
        DurableClient client = await _node.ConnectAsync();
        await client.ConfirmAsync();
        FieldTable? arguments = how == "expires"
            ? DurableClient.Arguments(("x-expires", FieldValue.Of(10_000)))
            : null;
        await client.DeclareAsync(
            "q", arguments, exclusive: how == "exclusive", autoDelete: how == "auto-delete");
        await client.PublishSafelyAsync("q", "m");
        switch (how)
        {
            case "auto-delete":
                await client.Wire.PrefetchAsync(1, 1);
                await client.Wire.SendAsync(1, WireClient.Consume("q", "c", noAck: false, noWait: true));
                await client.Wire.ExpectAsync(MethodId.BasicDeliver);
                await client.Wire.CallAsync(1, new BasicCancel("c", noWait: false), MethodId.BasicCancelOk);
                break;
            case "expires":
                _node.Host.Time.Advance(TimeSpan.FromSeconds(11));
                break;
        }
        if (how != "exclusive")
            await _node.Host.QueueIsGone("q");
        await Eventually.True(() =>
        {
            _node.Commit();
            return _node.LiveQueueEntries() == 0;
        });
        _node = await _node.CrashAsync();
        await _node.Host.QueueIsGone("q");
    }

    [Fact]
    public async Task A_single_active_consumer_gets_what_came_back()
    {
        DurableClient client = await ReadyAsync("q", ("x-single-active-consumer", FieldValue.Of(true)));
        await client.PublishSafelyAsync("q", "a", "b");
        _node = await _node.CrashAsync();
        client = await _node.ConnectAsync();
        DurableClient other = await _node.ConnectAsync();
        await client.Wire.ConsumeAsync(1, "q");
        await other.Wire.ConsumeAsync(1, "q");
        Assert.Equal(WireClient.Bytes("a"), (await client.Wire.ExpectAsync(MethodId.BasicDeliver)).Body);
        Assert.Equal(WireClient.Bytes("b"), (await client.Wire.ExpectAsync(MethodId.BasicDeliver)).Body);
    }

    [Fact]
    public async Task A_large_message_comes_back_whole()
    {
        await _node.DisposeAsync();
        _node = new DurableNode(options: new Storage.NodeLogOptions());
        DurableClient client = await ReadyAsync("q");
        byte[] body = new byte[20 * 1024 * 1024];
        new Random(1).NextBytes(body);
        Task sent = client.PublishAsync("", "q", body, new BasicProperties { DeliveryMode = 2 });
        await _node.CommittingAsync(client.Wire.ExpectAsync(MethodId.BasicAck));
        await sent;
        _node = await _node.CrashAsync();
        client = await _node.ConnectAsync();
        Received got = (await client.GetAsync("q"))!;
        Assert.True(got.Body.AsSpan().SequenceEqual(body));
    }

    [Fact]
    public async Task A_message_whose_record_is_damaged_is_reported_and_the_queue_goes_on()
    {
        DurableClient client = await ReadyAsync("q");
        await client.PublishSafelyAsync("q", "first", "damaged", "third");
        _node = await _node.CrashAsync();
        Damage("damaged");
        client = await _node.ConnectAsync();
        Assert.Equal(["first", "third"], await client.DrainAsync("q"));
        await Eventually.True(() => _node.Host.Log.Any(line => line.Contains("1 messages of queue 'q'")));
        await client.PassAsync("q");
        _node.Commit();
        Assert.Equal(0, _node.LiveQueueEntries());
    }

    private async Task<DurableClient> ReadyAsync(string queue, params (string Name, FieldValue Value)[] arguments)
    {
        DurableClient client = await _node.ConnectAsync();
        await client.DeclareAsync(queue, DurableClient.Arguments(arguments));
        await client.ConfirmAsync();
        return client;
    }

    private async Task DeleteAsync(DurableClient client)
    {
        await _node.CommittingAsync(client.Wire.CallAsync(
            1, new QueueDelete("q", ifUnused: false, ifEmpty: false, noWait: false), MethodId.QueueDeleteOk));
        await _node.Host.QueueIsGone("q");
    }

    // Flips a bit of the body that holds this text.
    private void Damage(string text)
    {
        byte[] wanted = WireClient.Bytes(text);
        int found = 0;
        foreach (string directory in (string[])["", "log", "segments"])
        {
            foreach (string name in _node.Disk.List(directory))
            {
                string path = directory.Length == 0 ? name : $"{directory}/{name}";
                using Storage.Disk.IDiskFile file = _node.Disk.Open(path);
                byte[] bytes = new byte[file.LengthBytes];
                file.Read(0, bytes);
                int at = bytes.AsSpan().IndexOf(wanted);
                if (at < 0)
                    continue;
                _node.Disk.FlipBit(path, at, 0);
                found++;
            }
        }
        Assert.Equal(1, found);
    }
}
