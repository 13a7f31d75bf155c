using System.Text;
using Warren.Amqp;
using Warren.Broker.Security;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Connections;

/// <summary>
/// Each limit that an operator or the protocol sets: the last thing allowed, and the first that is not.
/// </summary>
public sealed class LimitTests
{
    [Fact]
    public async Task Channel_max()
    {
        await using var host = new BrokerHost(new BrokerOptions { ChannelMax = 3 });
        Link link = await host.ConnectAsync();
        foreach (ushort channel in (ushort[])[1, 3, 2])
            await link.Client.OpenChannelAsync(channel);
        await link.Client.CallAsync(2, new ChannelClose(200, "", 0, 0), MethodId.ChannelCloseOk);
        await link.Client.OpenChannelAsync(2);
        Received close = await link.Client.CallAsync(4, new ChannelOpen(), MethodId.ConnectionClose);
        Assert.Equal(
            "530 NOT_ALLOWED - number of channels opened (3) has reached the negotiated channel_max (3)",
            close.CloseReason);
        Assert.Equal(0, host.Broker.Connections.ChannelCount);
    }

    [Fact]
    public async Task Channel_max_per_node()
    {
        await using var host = new BrokerHost(new BrokerOptions { ChannelMaxPerNode = 2 });
        Link first = await host.ConnectWithChannelAsync();
        Link second = await host.ConnectWithChannelAsync();
        Received close = await second.Client.CallAsync(2, new ChannelOpen(), MethodId.ConnectionClose);
        Assert.Equal(
            "530 NOT_ALLOWED - number of channels opened on node 'rabbit@localhost' "
            + "has reached the maximum allowed limit of (2)",
            close.CloseReason);
        await first.Client.OpenChannelAsync(2);
    }

    [Fact]
    public async Task Connection_max()
    {
        await using var host = new BrokerHost(new BrokerOptions { ConnectionMax = 1 });
        Link first = await host.ConnectAsync();
        Link second = host.Open();
        await second.Served.WaitAsync(Eventually.Patience);
        await second.Client.ExpectEndAsync();
        await first.Client.CloseAsync();
        await first.Served.WaitAsync(Eventually.Patience);
        await host.ConnectAsync();
    }

    [Fact]
    public async Task Connections_of_a_vhost_and_of_a_user()
    {
        await using var host = new BrokerHost();
        host.Broker.Security = host.Broker.Security.WithVhostLimits(
            "/", new VhostLimits(MaxConnections: 2, MaxQueues: 1));
        Link first = await host.ConnectAsync();
        await host.ConnectAsync();
        Assert.Equal(
            "530 NOT_ALLOWED - access to vhost '/' refused for user 'guest': connection limit (2) is reached",
            await RefusalOfOpenAsync(host));
        await first.CutAsync();

        SetUserLimits(host, new UserLimits(MaxConnections: 2, MaxChannels: 1));
        Link again = await host.ConnectWithChannelAsync();
        await again.Client.DeclareAsync(1, "only");
        Assert.Equal(
            "406 PRECONDITION_FAILED - cannot declare queue 'more': queue limit in vhost '/' (1) is reached",
            (await again.Client.CallAsync(
                1,
                new QueueDeclare("more", false, false, false, false, false, FieldTable.Empty),
                MethodId.ChannelClose)).CloseReason);
        await again.Client.SendAsync(1, new ChannelCloseOk());
        await again.Client.OpenChannelAsync(1);
        Assert.Equal(
            "530 NOT_ALLOWED - number of channels opened for user 'guest' "
            + "has reached the maximum allowed user limit of (1)",
            (await again.Client.CallAsync(2, new ChannelOpen(), MethodId.ConnectionClose)).CloseReason);
        host.Broker.Security = host.Broker.Security.WithVhostLimits("/", new VhostLimits(null, null));
        Assert.Equal(
            "530 NOT_ALLOWED - connection refused for user 'guest': user connection limit (2) is reached",
            await RefusalOfOpenAsync(host));
    }

    [Fact]
    public async Task Consumers_of_a_channel()
    {
        await using var host = new BrokerHost(new BrokerOptions { ConsumerMaxPerChannel = 2 });
        Link link = await host.ConnectWithChannelAsync();
        await link.Client.DeclareAsync(1, "q");
        await link.Client.ConsumeAsync(1, "q", "a");
        await link.Client.ConsumeAsync(1, "q", "b");
        await link.Client.CallAsync(1, new BasicCancel("a", noWait: false), MethodId.BasicCancelOk);
        await link.Client.ConsumeAsync(1, "q", "c");
        Received close = await link.Client.CallAsync(
            1, WireClient.Consume("q", "d", noAck: false, noWait: false), MethodId.ConnectionClose);
        Assert.Equal("530 NOT_ALLOWED - reached maximum (2) of consumers per channel", close.CloseReason);
    }

    [Theory]
    [InlineData(100, true)]
    [InlineData(101, false)]
    public async Task Max_message_size(int bodyBytes, bool fits)
    {
        await using var host = new BrokerHost(new BrokerOptions { MaxMessageSizeBytes = 100 });
        Link link = await host.ConnectWithChannelAsync();
        await link.Client.DeclareAsync(1, "q");
        link.Client.AddPublish(1, "", "q", new byte[bodyBytes]);
        await link.Client.FlushAsync();
        if (fits)
        {
            await host.QueueHolds("q", 1, 0);
            return;
        }
        Received close = await link.Client.ExpectAsync(MethodId.ChannelClose);
        Assert.Equal(
            "406 PRECONDITION_FAILED - message size 101 is larger than configured max size 100", close.CloseReason);

        // The body was under way already: it is thrown away, and the channel can be opened anew.
        await link.Client.SendAsync(1, new ChannelCloseOk());
        await link.Client.OpenChannelAsync(1);
    }

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(1UL << 63)]
    [InlineData(uint.MaxValue)]
    public async Task A_body_size_beyond_all_measure_is_no_memory(ulong announced)
    {
        await using var host = new BrokerHost();
        Link link = await host.ConnectWithChannelAsync();
        link.Client.Add(1, new BasicPublish("", "q", false, false)).AddHeader(1, announced);
        await link.Client.FlushAsync();
        Assert.Equal(
            $"406 PRECONDITION_FAILED - message size {announced} is larger than configured max size 134217728",
            (await link.Client.ExpectAsync(MethodId.ChannelClose)).CloseReason);
    }

    [Fact]
    public async Task A_body_that_is_announced_costs_nothing_until_it_comes()
    {
        await using var host = new BrokerHost();
        Link link = await host.ConnectAsync();
        long before = GC.GetTotalAllocatedBytes();
        for (ushort channel = 1; channel <= 100; channel++)
        {
            await link.Client.OpenChannelAsync(channel);
            link.Client.Add(channel, new BasicPublish("", "q", false, false)).AddHeader(channel, 134_217_728);
            link.Client.AddBody(channel, new byte[10]);
        }
        await link.Client.FlushAsync();
        await link.Client.OpenChannelAsync(200);
        long allocated = GC.GetTotalAllocatedBytes() - before;
        Assert.True(allocated < 50_000_000, $"{allocated} bytes for 1000 bytes of bodies");
    }

    [Theory]
    [InlineData(4096 - 8)]
    [InlineData(4096)]
    public async Task A_frame_as_large_as_agreed_passes(int payloadBytes)
    {
        // RabbitMQ lets the overhead pass on top, and clients exist that need it.
        await using var host = new BrokerHost();
        Link link = await host.ConnectWithChannelAsync(new Login { FrameMax = 4096 });
        await link.Client.DeclareAsync(1, "q");
        link.Client.Add(1, new BasicPublish("", "q", false, false)).AddHeader(1, (ulong)payloadBytes);
        link.Client.AddBody(1, new byte[payloadBytes]);
        await link.Client.FlushAsync();
        await host.QueueHolds("q", 1, 0);
    }

    [Fact]
    public async Task A_larger_frame_does_not()
    {
        await using var host = new BrokerHost();
        Link link = await host.ConnectWithChannelAsync(new Login { FrameMax = 4096 });
        link.Client.Add(1, new BasicPublish("", "q", false, false)).AddHeader(1, 4097);
        link.Client.AddBody(1, new byte[4097]);
        await link.Client.FlushAsync();
        Received close = await link.Client.ExpectAsync(MethodId.ConnectionClose);
        Assert.StartsWith(
            "501 FRAME_ERROR - type 3, all octets = <<>>: {frame_too_large,4097,4088}",
            close.CloseReason,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_content_header_may_fill_a_frame_and_comes_back_whole()
    {
        await using var host = new BrokerHost();
        Link link = await host.ConnectWithChannelAsync();
        await link.Client.DeclareAsync(1, "q");
        byte[] properties = new BasicProperties
        {
            Headers = new FieldTable { ["h"] = FieldValue.OfLongString(new byte[131_072 - 8 - 12 - 2 - 4 - 2 - 5]) },
        }.ToArray();
        Assert.Equal(131_072 - 8 - 12, properties.Length);
        link.Client.AddPublish(1, "", "q", [7], properties).Add(1, new BasicGet("q", noAck: true));
        await link.Client.FlushAsync();
        Received got = await link.Client.ExpectAsync(MethodId.BasicGetOk);
        Assert.Equal(properties, got.Properties);
        Assert.Equal([7], got.Body);
    }

    [Fact]
    public async Task Names_of_255_octets_are_names()
    {
        await using var host = new BrokerHost();
        Link link = await host.ConnectWithChannelAsync();
        string name = string.Concat(Enumerable.Repeat("é", 127)) + "x";
        Assert.Equal(255, Encoding.UTF8.GetByteCount(name));
        await link.Client.CallAsync(
            1,
            new ExchangeDeclare(name, "topic", false, false, false, false, false, FieldTable.Empty),
            MethodId.ExchangeDeclareOk);
        Assert.Equal(name, (await link.Client.DeclareAsync(1, name)).QueueName);
        await link.Client.CallAsync(1, new QueueBind(name, name, name, false, FieldTable.Empty), MethodId.QueueBindOk);
        Assert.Equal(name, (await link.Client.ConsumeAsync(1, name, name)).ConsumerTag);
        link.Client.AddPublish(1, name, name, [1]);
        await link.Client.FlushAsync();
        Assert.Equal(name, (await link.Client.ExpectAsync(MethodId.BasicDeliver)).ConsumerTag);
        await link.Client.CallAsync(1, new BasicCancel(name, noWait: false), MethodId.BasicCancelOk);

        // What is said about it has to be cut to fit into the reply text.
        Received close = await link.Client.CallAsync(
            1,
            new QueueDeclare(name, false, durable: true, false, false, false, FieldTable.Empty),
            MethodId.ChannelClose);
        Assert.StartsWith(
            "406 PRECONDITION_FAILED - inequivalent arg 'durable'", close.CloseReason, StringComparison.Ordinal);
        Assert.True(Encoding.UTF8.GetByteCount(close.CloseReason) <= 255 + 4);
    }

    private static async Task<string> RefusalOfOpenAsync(BrokerHost host)
    {
        Link link = host.Open();
        await link.Client.AddRaw(ProtocolHeader.Amqp091).FlushAsync();
        await link.Client.ExpectAsync(MethodId.ConnectionStart);
        await link.Client.CallAsync(0, WireClient.StartOk(new Login()), MethodId.ConnectionTune);
        link.Client.Add(0, new ConnectionTuneOk(10, 4096, 0));
        string reason = (await link.Client.CallAsync(0, new ConnectionOpen("/"), MethodId.ConnectionClose)).CloseReason;
        await link.CutAsync();
        return reason;
    }

    private static void SetUserLimits(BrokerHost host, UserLimits limits)
    {
        Assert.True(host.Broker.Security.TryGetUser("guest", out User? guest));
        host.Broker.Security = host.Broker.Security.WithUser(new User("guest", guest.PasswordHash, guest.Tags, limits));
    }
}
