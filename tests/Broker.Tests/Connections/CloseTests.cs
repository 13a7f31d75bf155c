using System.Buffers.Binary;
using Warren.Amqp;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Connections;

/// <summary>The end of a channel or a connection at an awkward moment.</summary>
public sealed class CloseTests : IAsyncDisposable
{
    private readonly BrokerHost _host = new();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    /// <summary>
    /// The channel ends while its deliveries are still in the outbox: the connection lives on, so nothing else brings
    /// them back.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Deliveries_that_were_not_written_go_back(bool byMistake)
    {
        const int Messages = 1000;
        Link publisher = await _host.ConnectWithChannelAsync();
        await publisher.Client.DeclareAsync(1, "q");
        Link reader = await _host.ConnectWithChannelAsync(capacityBytes: 4096);
        await reader.Client.ConsumeAsync(1, "q");
        Publish(publisher, Messages, 1000);
        await publisher.Client.FlushAsync();
        await Eventually.True(() => reader.Wire.IsServerStuck && _host.Queue("q").UnackedCount == Messages);
        if (byMistake)
            reader.Client.Add(1, new BasicAck(1_000_000, multiple: false));
        else
            reader.Client.Add(1, new ChannelClose(200, "bye", 0, 0));
        await reader.Client.FlushAsync();
        // Not a byte is read before the channel has ended.
        await Eventually.True(() => _host.Queue("q").ConsumerCount == 0);
        uint awaited = byMistake ? MethodId.ChannelClose : MethodId.ChannelCloseOk;
        int delivered = 0;
        while ((await reader.Client.NextAsync()).Method != awaited)
            delivered++;
        Assert.InRange(delivered, 1, Messages - 1);
        await _host.QueueHolds("q", Messages, 0);
        if (byMistake)
            reader.Client.Add(1, new ChannelCloseOk());
        await reader.Client.OpenChannelAsync(1);
        for (int number = 0; number < Messages; number++)
        {
            await reader.Client.SendAsync(1, new BasicGet("q", noAck: true));
            Received got = await reader.Client.ExpectAsync(MethodId.BasicGetOk);
            Assert.Equal(number, BinaryPrimitives.ReadInt32BigEndian(got.Body));
            Assert.True(got.IsRedelivered);
        }
    }

    [Fact]
    public async Task No_confirm_and_no_return_follows_close_ok()
    {
        Link link = await _host.ConnectWithChannelAsync();
        await link.Client.DeclareAsync(1, "q");
        for (int round = 0; round < 50; round++)
        {
            link.Client.Add(1, new ConfirmSelect(noWait: true));
            Publish(link, 100, 10);
            link.Client.AddPublish(1, "", "nowhere", [1], mandatory: true);
            link.Client.Add(1, new ChannelClose(200, "bye", 0, 0));
            await link.Client.FlushAsync();
            Received next;
            ulong told = 0;
            do
            {
                next = await link.Client.NextAsync();
                if (next.Method == MethodId.BasicAck)
                {
                    Assert.True(next.Sequence > told || !next.IsMultiple);
                    told = Math.Max(told, next.Sequence);
                }
            }
            while (next.Method is MethodId.BasicAck or MethodId.BasicReturn);
            Assert.Equal(MethodId.ChannelCloseOk, next.Method);
            await link.Client.OpenChannelAsync(1);
        }
    }

    /// <summary>What was settled before the client's close is told before close-ok.</summary>
    [Fact]
    public async Task A_confirm_that_is_there_comes_before_close_ok()
    {
        Link link = await _host.ConnectWithChannelAsync();
        await link.Client.CallAsync(1, new ConfirmSelect(noWait: false), MethodId.ConfirmSelectOk);
        for (int count = 0; count < 100; count++)
            link.Client.AddPublish(1, "", "nowhere", []);
        link.Client.Add(1, new ChannelClose(200, "bye", 0, 0));
        await link.Client.FlushAsync();
        Received ack = await link.Client.ExpectAsync(MethodId.BasicAck);
        while (ack.Sequence < 100)
            ack = await link.Client.ExpectAsync(MethodId.BasicAck);
        await link.Client.ExpectAsync(MethodId.ChannelCloseOk);
    }

    /// <summary>Two mistakes of one channel that come to light in other turns: the client is told once.</summary>
    [Fact]
    public async Task A_channel_is_closed_once()
    {
        await using var host = new BrokerHost(
            new BrokerOptions { ConsumerTimeoutMs = 1000, ConsumerTimeoutClosesChannel = true });
        Link link = await host.ConnectWithChannelAsync();
        foreach (string queue in (string[])["a", "b", "c"])
        {
            await link.Client.DeclareAsync(1, queue);
            await link.Client.ConsumeAsync(1, queue);
            link.Client.AddPublish(1, "", queue, [1]);
            await link.Client.FlushAsync();
            await link.Client.ExpectAsync(MethodId.BasicDeliver);
        }
        host.Time.Advance(TimeSpan.FromSeconds(60));
        Received close = await link.Client.ExpectAsync(MethodId.ChannelClose);
        Assert.StartsWith(
            "406 PRECONDITION_FAILED - delivery acknowledgement on channel 1 timed out",
            close.CloseReason,
            StringComparison.Ordinal);
        await link.Client.SendAsync(1, new ChannelCloseOk());
        foreach (string queue in (string[])["a", "b", "c"])
            await host.QueueHolds(queue, 1, 0);
        await link.Client.OpenChannelAsync(1);
        await link.Client.DeclareAsync(1, "a");
    }

    [Fact]
    public async Task Both_may_close_at_once()
    {
        Link link = await _host.ConnectWithChannelAsync();
        link.Client
            .Add(1, new BasicAck(7, multiple: false))
            .Add(1, new ChannelClose(200, "bye", 0, 0))
            .Add(1, new ChannelOpen());
        await link.Client.FlushAsync();
        await link.Client.ExpectAsync(MethodId.ChannelClose);
        await link.Client.ExpectAsync(MethodId.ChannelCloseOk);
        await link.Client.ExpectAsync(MethodId.ChannelOpenOk);
        link.Client
            .Add(0, new ConnectionOpen("/"))
            .Add(0, new ConnectionClose(200, "bye", 0, 0));
        await link.Client.FlushAsync();
        await link.Client.ExpectAsync(MethodId.ConnectionClose);
        await link.Client.ExpectAsync(MethodId.ConnectionCloseOk);
        link.Client.EndWriting();
        await link.Client.ExpectEndAsync();
        await link.Served.WaitAsync(Eventually.Patience);
    }

    [Fact]
    public async Task A_message_cut_in_the_middle_leaves_nothing_behind()
    {
        foreach (int cut in (int[])[1, 10, 30, 40, 60, 5000, 140_000, 299_000])
        {
            Link link = await _host.ConnectWithChannelAsync(capacityBytes: 512 * 1024);
            await link.Client.DeclareAsync(1, "q");
            byte[] whole = link.Client.AddPublish(1, "", "q", new byte[300_000]).TakeAdded();
            await link.Client.AddRaw(whole.AsSpan(0, cut)).FlushAsync();
            await Eventually.True(() => link.Wire.WaitingForServerBytes == 0);
            await link.CutAsync();
        }
        await _host.QueueHolds("q", 0, 0);
        Assert.Equal(0, _host.Broker.Slabs.OutstandingBytes);
        Assert.Equal(0, _host.Broker.Connections.Count);
        Assert.Equal(0, _host.Broker.Connections.ChannelCount);
    }

    [Fact]
    public async Task Uncommitted_work_ends_with_the_channel()
    {
        Link link = await _host.ConnectWithChannelAsync();
        await link.Client.DeclareAsync(1, "q");
        link.Client.AddPublish(1, "", "q", [1]);
        await link.Client.CallAsync(1, new TxSelect(), MethodId.TxSelectOk);
        await link.Client.SendAsync(1, new BasicGet("q", noAck: false));
        Received got = await link.Client.ExpectAsync(MethodId.BasicGetOk);
        link.Client.Add(1, new BasicAck(got.DeliveryTag, multiple: false)).AddPublish(1, "", "q", [2]);
        await link.Client.CallAsync(1, new ChannelClose(200, "bye", 0, 0), MethodId.ChannelCloseOk);
        await _host.QueueHolds("q", 1, 0);
        await link.Client.OpenChannelAsync(1);
        await link.Client.SendAsync(1, new BasicGet("q", noAck: true));
        Assert.Equal([1], (await link.Client.ExpectAsync(MethodId.BasicGetOk)).Body);
        await link.Client.CloseAsync();
        await Eventually.True(() => _host.Broker.Slabs.OutstandingBytes == 0);
    }

    [Fact]
    public async Task The_node_says_goodbye_and_takes_nobody_new()
    {
        Link link = await _host.ConnectWithChannelAsync();
        await link.Client.DeclareAsync(1, "own", exclusive: true);
        Task closing = _host.Broker.Connections.CloseAllAsync("maintenance", TimeSpan.FromMinutes(1));
        Received close = await link.Client.ExpectAsync(MethodId.ConnectionClose);
        Assert.Equal("320 CONNECTION_FORCED - maintenance", close.CloseReason);
        Link late = _host.Open();
        await late.Served.WaitAsync(Eventually.Patience);
        await link.Client.SendAsync(0, new ConnectionCloseOk());
        link.Client.EndWriting();
        await link.Client.ExpectEndAsync();
        await Eventually.True(() => _host.Broker.Connections.Count == 0);
        await Eventually.True(() => _host.Broker.AllQueues().IsEmpty);
        _host.Time.Advance(TimeSpan.FromSeconds(1));
        await closing.WaitAsync(Eventually.Patience);
    }

    [Fact]
    public async Task Before_the_node_stops_nobody_gets_what_another_gives_back()
    {
        Link first = await _host.ConnectWithChannelAsync();
        Link second = await _host.ConnectWithChannelAsync();
        await first.Client.DeclareAsync(1, "q");
        await first.Client.ConsumeAsync(1, "q");
        await first.Client.AddPublish(1, "", "q", [1]).FlushAsync();
        await first.Client.ExpectAsync(MethodId.BasicDeliver);
        await second.Client.ConsumeAsync(1, "q");
        _host.Broker.StopDeliveries();
        await first.Client.CloseAsync();
        await _host.QueueHolds("q", ready: 1, unacked: 0);
        await second.Client.AddPublish(1, "", "q", [2]).FlushAsync();
        await _host.QueueHolds("q", ready: 2, unacked: 0);
        await second.Client.CloseAsync();
    }

    [Fact]
    public async Task No_confirm_follows_the_goodbye_of_a_connection()
    {
        Link other = await _host.ConnectWithChannelAsync();
        await other.Client.DeclareAsync(1, "q");
        for (int round = 0; round < 50; round++)
        {
            Link link = await _host.ConnectWithChannelAsync();
            await link.Client.CallAsync(1, new ConfirmSelect(noWait: false), MethodId.ConfirmSelectOk);
            Publish(link, 20, 10);
            link.Client.Add(0, new ConnectionClose(200, "bye", 0, 0));
            await link.Client.FlushAsync();
            Received next;
            do
                next = await link.Client.NextAsync();
            while (next.Method == MethodId.BasicAck);
            Assert.Equal(MethodId.ConnectionCloseOk, next.Method);
            link.Client.EndWriting();
            await link.Client.ExpectEndAsync();
            await link.Served.WaitAsync(Eventually.Patience);
        }
    }

    /// <summary>What follows a mistake is dropped, whatever it is: it was sent before the client could know.</summary>
    [Fact]
    public async Task A_frame_without_a_method_behind_a_mistake_is_dropped()
    {
        Link link = await _host.ConnectWithChannelAsync();
        link.Client
            .Add(1, new QueueDeclare("q", false, false, false, false, noWait: false, FieldTable.Empty))
            .Add(1, new QueueDeclare("none", passive: true, false, false, false, noWait: false, FieldTable.Empty))
            .AddFrame(FrameType.Method, 1, [0, 10]);
        await link.Client.FlushAsync();
        await link.Client.ExpectAsync(MethodId.QueueDeclareOk);
        await link.Client.ExpectAsync(MethodId.ChannelClose);
        link.Client.Add(1, new ChannelCloseOk());
        await link.Client.OpenChannelAsync(1);
    }

    private static void Publish(Link link, int count, int bodyBytes)
    {
        byte[] body = new byte[bodyBytes];
        for (int number = 0; number < count; number++)
        {
            BinaryPrimitives.WriteInt32BigEndian(body, number);
            link.Client.AddPublish(1, "", "q", body);
        }
    }
}
