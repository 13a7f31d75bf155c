using Warren.Amqp;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Connections;

/// <summary>
/// Before a client has logged in, everything that it may do is bounded, and wrong bytes get a clear end.
/// </summary>
public sealed class HandshakeTests : IAsyncDisposable
{
    private readonly BrokerHost _host = new();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(8)]
    public async Task A_client_that_says_nothing_more_is_dropped_after_the_handshake_timeout(int headerBytes)
    {
        Link link = _host.Open();
        await link.Client.AddRaw(ProtocolHeader.Amqp091[..headerBytes]).FlushAsync();
        if (headerBytes == 8)
            await link.Client.ExpectAsync(MethodId.ConnectionStart);
        await Eventually.True(() => _host.Broker.Connections.Count == 1);
        _host.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.False(link.Served.IsCompleted);
        _host.Time.Advance(TimeSpan.FromSeconds(1));
        await link.Served.WaitAsync(Eventually.Patience);
        await link.Client.ExpectEndAsync();
        Assert.Contains(_host.Log, line => line.EndsWith(": handshake timeout", StringComparison.Ordinal));
        Assert.Equal(0, _host.Broker.Connections.Count);
    }

    [Fact]
    public async Task A_client_that_stops_before_open_is_dropped_as_well()
    {
        Link link = await StartAsync();
        await link.Client.CallAsync(0, WireClient.StartOk(new Login()), MethodId.ConnectionTune);
        _host.Time.Advance(TimeSpan.FromSeconds(11));
        await link.Client.ExpectEndAsync();
        await link.Served.WaitAsync(Eventually.Patience);
    }

    [Fact]
    public async Task Octets_may_come_one_at_a_time()
    {
        Link link = _host.Open();
        byte[] bytes = link.Client
            .AddRaw(ProtocolHeader.Amqp091)
            .Add(0, WireClient.StartOk(new Login()))
            .Add(0, new ConnectionTuneOk(10, 4096, 0))
            .Add(0, new ConnectionOpen("/"))
            .Add(1, new ChannelOpen())
            .Add(1, new QueueDeclare("q", false, false, false, false, false, FieldTable.Empty))
            .AddPublish(1, "", "q", WireClient.Bytes("a body of some octets"))
            .Add(1, new BasicGet("q", noAck: true))
            .TakeAdded();
        foreach (byte octet in bytes)
        {
            await link.Client.AddRaw([octet]).FlushAsync();
            await Eventually.True(() => link.Wire.WaitingForServerBytes == 0);
        }
        foreach (uint method in (uint[])[MethodId.ConnectionStart, MethodId.ConnectionTune, MethodId.ConnectionOpenOk,
            MethodId.ChannelOpenOk, MethodId.QueueDeclareOk])
            await link.Client.ExpectAsync(method);
        Assert.Equal(
            "a body of some octets"u8.ToArray(), (await link.Client.ExpectAsync(MethodId.BasicGetOk)).Body);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n\r\n")]
    [InlineData("AMQP\0\u0001\0\0")]
    [InlineData("AMQP\u0003\u0001\0\0")]
    [InlineData("\u0016\u0003\u0001\u0002\0\u0001\0\u0001\u0001")]
    public async Task Other_protocols_are_told_which_one_is_spoken_here(string text)
    {
        Link link = _host.Open();
        await link.Client.AddRaw(WireClient.Bytes(text)).FlushAsync();
        Assert.Equal(ProtocolHeader.Amqp091.ToArray(), await link.Client.NextBytesAsync(8));
        link.Client.EndWriting();
        await link.Client.ExpectEndAsync();
        Assert.Contains(_host.Log, line => line.Contains("it speaks no AMQP 0-9-1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_frame_too_large_is_refused_by_its_header()
    {
        Link link = await StartAsync();
        await link.Client.AddRaw([FrameType.Method, 0, 0, 0x7F, 0xFF, 0xFF, 0xFF]).FlushAsync();
        Received close = await link.Client.ExpectAsync(MethodId.ConnectionClose);
        Assert.Equal(
            "501 FRAME_ERROR - type 1, all octets = <<>>: {frame_too_large,2147483647,8184}", close.CloseReason);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public async Task A_method_without_a_method_is_refused(int payloadBytes)
    {
        Link link = await StartAsync();
        await link.Client.AddFrame(FrameType.Method, 0, new byte[payloadBytes]).FlushAsync();
        Received close = await link.Client.ExpectAsync(MethodId.ConnectionClose);
        Assert.StartsWith("501 FRAME_ERROR", close.CloseReason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tables_in_tables_without_end_are_refused()
    {
        Link link = await StartAsync();
        // start-ok with one table in the other: name "a", type F, length.
        const int Depth = 700;
        var table = new List<byte>();
        for (int depth = 0; depth < Depth; depth++)
        {
            int rest = (Depth - depth - 1) * 7;
            table.AddRange([1, (byte)'a', (byte)'F', 0, 0, (byte)(rest >> 8), (byte)rest]);
        }
        byte[] payload = [0, 10, 0, 11, 0, 0, (byte)(table.Count >> 8), (byte)table.Count, .. table, 0, 0, 0, 0, 0, 0];
        await link.Client.AddFrame(FrameType.Method, 0, payload).FlushAsync();
        Received close = await link.Client.ExpectAsync(MethodId.ConnectionClose);
        Assert.StartsWith("501 FRAME_ERROR", close.CloseReason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Channels_before_open_and_methods_out_of_turn_are_refused()
    {
        Link early = await StartAsync();
        Received close = await early.Client.CallAsync(1, new ChannelOpen(), MethodId.ConnectionClose);
        Assert.StartsWith("505 UNEXPECTED_FRAME", close.CloseReason, StringComparison.Ordinal);
        Link hasty = await StartAsync();
        close = await hasty.Client.CallAsync(0, new ConnectionOpen("/"), MethodId.ConnectionClose);
        Assert.StartsWith("504 CHANNEL_ERROR", close.CloseReason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_never_confirms_the_close_is_cut_off()
    {
        Link link = await _host.ConnectAsync();
        await link.Client.CallAsync(0, new ConnectionOpen("/"), MethodId.ConnectionClose);
        _host.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.False(link.Served.IsCompleted);
        _host.Time.Advance(TimeSpan.FromSeconds(1));
        await link.Served.WaitAsync(Eventually.Patience);
    }

    [Theory]
    [InlineData(
        4095, 0, "530 NOT_ALLOWED - negotiated frame_max = 4095 is lower than the minimum allowed value (4096)")]
    [InlineData(
        131073, 0, "530 NOT_ALLOWED - negotiated frame_max = 131073 is higher than the maximum allowed value (131072)")]
    [InlineData(
        0, 0, "530 NOT_ALLOWED - negotiated frame_max = 0 is higher than the maximum allowed value (131072)")]
    [InlineData(
        4096, 2048, "530 NOT_ALLOWED - negotiated channel_max = 2048 is higher than the maximum allowed value (2047)")]
    public async Task Whoever_wants_more_than_is_offered_is_refused(uint frameMax, ushort channelMax, string reason)
    {
        Link link = await StartAsync();
        await link.Client.CallAsync(0, WireClient.StartOk(new Login()), MethodId.ConnectionTune);
        Received close = await link.Client.CallAsync(
            0, new ConnectionTuneOk(channelMax, frameMax, 0), MethodId.ConnectionClose);
        Assert.Equal(reason, close.CloseReason);
    }

    [Fact]
    public async Task Guest_is_refused_from_elsewhere()
    {
        Link link = _host.Open(address: "192.0.2.7");
        await link.Client.AddRaw(ProtocolHeader.Amqp091).FlushAsync();
        await link.Client.ExpectAsync(MethodId.ConnectionStart);
        Received close = await link.Client.CallAsync(0, WireClient.StartOk(new Login()), MethodId.ConnectionClose);
        Assert.StartsWith("403 ACCESS_REFUSED", close.CloseReason, StringComparison.Ordinal);
        Assert.Contains(
            _host.Log, line => line.Contains("'guest' can only connect via localhost", StringComparison.Ordinal));
    }

    private async Task<Link> StartAsync()
    {
        Link link = _host.Open();
        await link.Client.AddRaw(ProtocolHeader.Amqp091).FlushAsync();
        await link.Client.ExpectAsync(MethodId.ConnectionStart);
        return link;
    }
}
