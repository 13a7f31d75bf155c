using System.Net.Security;
using System.Text;
using Warren.Amqp;
using Warren.Broker.Connections;
using Warren.Wire;
using Xunit;

namespace Warren.Server.Tests.Node;

/// <summary>Behind a load balancer: whose header is believed, and what the address in it changes.</summary>
public sealed class ProxyListenerTests
{
    private const string On = "proxy_protocol = true\n";
    private const string Header = "PROXY TCP4 203.0.113.7 198.51.100.1 50000 5672\r\n";
    private const string Signature = "0D0A0D0A000D0A515549540A";
    private const string OpenToAll = On + "loopback_users = none\n";

    [Theory]
    [InlineData(Header, "203.0.113.7:50000 -> 198.51.100.1:5672")]
    [InlineData("PROXY TCP6 2001:db8::7 2001:db8::1 50000 5672\r\n", "[2001:db8::7]:50000 -> [2001:db8::1]:5672")]
    [InlineData("PROXY TCP6 ::ffff:203.0.113.7 ::1 1 2\r\n", "203.0.113.7:1 -> [::1]:2")]
    public async Task The_connection_bears_the_address_of_version_1(string header, string name) =>
        await AssertNamedAsync(Encoding.ASCII.GetBytes(header), name);

    [Theory]
    [InlineData("2111000CCB007107C6336401C3501628", "203.0.113.7:50000 -> 198.51.100.1:5672")]
    [InlineData(
        "2121002420010DB800000000000000000000000720010DB8000000000000000000000001C3501628",
        "[2001:db8::7]:50000 -> [2001:db8::1]:5672")]
    [InlineData("21110013CB007107C6336401C350162804000400000000", "203.0.113.7:50000 -> 198.51.100.1:5672")]
    public async Task The_connection_bears_the_address_of_version_2(string rest, string name) =>
        await AssertNamedAsync(Convert.FromHexString(Signature + rest), name);

    [Theory]
    [InlineData("50524F585920554E4B4E4F574E0D0A")] // PROXY UNKNOWN
    [InlineData(Signature + "20000000")] // LOCAL
    [InlineData(Signature + "2011000CCB007107C6336401C3501628")] // LOCAL, with addresses
    public async Task A_load_balancer_that_speaks_for_itself_keeps_its_own_address(string header)
    {
        await using RunningNode node = RunningNode.Start(On);
        await using System.Net.Sockets.NetworkStream stream = await node.DialAsync();
        await new WireClient(stream).AddRaw(Convert.FromHexString(header)).LoginAsync();
        Connection connection = await node.OnlyConnectionAsync();
        Assert.Equal($"{stream.Socket.LocalEndPoint} -> {stream.Socket.RemoteEndPoint}", connection.Peer.Name);
    }

    [Fact]
    public async Task A_header_may_come_in_pieces()
    {
        await using RunningNode node = RunningNode.Start(OpenToAll);
        await using System.Net.Sockets.NetworkStream stream = await node.DialAsync();
        stream.Socket.NoDelay = true;
        foreach (byte octet in Encoding.ASCII.GetBytes(Header))
            await stream.WriteAsync(new[] { octet });
        await new WireClient(stream).LoginAsync();
        Assert.StartsWith(
            "203.0.113.7:50000", (await node.OnlyConnectionAsync()).Peer.Name, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("203.0.113.7", false)]
    [InlineData("127.0.0.9", true)]
    public async Task Guest_enters_from_the_loopback_address_that_the_header_names(string address, bool enters)
    {
        await using RunningNode node = RunningNode.Start(On);
        await using WireClient client = await node.ConnectAsync();
        client.AddRaw(Encoding.ASCII.GetBytes($"PROXY TCP4 {address} 198.51.100.1 50000 5672\r\n"));
        if (enters)
        {
            await client.LoginAsync();
            return;
        }
        await client.AddRaw(ProtocolHeader.Amqp091).FlushAsync();
        await client.ExpectAsync(MethodId.ConnectionStart);
        await client.SendAsync(0, WireClient.StartOk(new Login()));
        Received close = await client.ExpectAsync(MethodId.ConnectionClose);
        Assert.StartsWith("403 ACCESS_REFUSED", close.CloseReason, StringComparison.Ordinal);
        await node.LogsAsync("user 'guest' can only connect via localhost");
    }

    [Fact]
    public async Task Who_is_no_configured_source_is_refused_with_and_without_a_header()
    {
        await using RunningNode node =
            RunningNode.Start(On + "warren.proxy_protocol.allowed_sources.1 = 192.0.2.0/24");
        await AssertGivenUpAsync(node, "it may not send a PROXY header", Header + "AMQP\0\0\u0009\u0001");
        await AssertGivenUpAsync(node, "it may not send a PROXY header", "AMQP\0\0\u0009\u0001");
    }

    [Theory]
    [InlineData("AMQP\0\0\u0009\u0001")]
    [InlineData("PROXY TCP4 203.0.113.7 2001:db8::1 50000 5672\r\n")]
    [InlineData("PROXY TCP4 1")] // and so on for 107 bytes without an end
    [InlineData("\r\n\r\n\0\r\nQUIT\n\u0021\u0011\u007F\u007F")] // 32,639 bytes announced
    public async Task What_is_no_header_is_refused_at_once(string text)
    {
        // The clock stands still: nobody waits for more.
        await using RunningNode node = RunningNode.Start(On, new ManualTime());
        await AssertGivenUpAsync(node, "it does not begin with a PROXY header", text.PadRight(107, '1'));
    }

    [Theory]
    [InlineData("")]
    [InlineData("PROXY TCP4 203.0.113.7")]
    [InlineData("\r\n\r\n\0\r\nQUIT\n\u0021\u0011\u0000\u000C")]
    public async Task A_header_that_does_not_come_is_waited_for_as_long_as_a_handshake(string text)
    {
        var time = new ManualTime();
        await using RunningNode node = RunningNode.Start(On + "handshake_timeout = 4000", time);
        await using Stream stream = await node.DialAsync();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(text));
        long started = time.GetTimestamp();
        Task<Received> end = new WireClient(stream).NextAsync();
        await Eventually.True(() =>
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            return end.IsCompleted;
        });
        Assert.Same(Received.End, await end);
        Assert.True(time.GetElapsedTime(started) >= TimeSpan.FromSeconds(4));
        await node.LogsAsync("given up: it took longer than handshake_timeout = 4000 ms");
    }

    [Fact]
    public async Task A_header_that_ends_too_soon_is_given_up()
    {
        await using RunningNode node = RunningNode.Start(On);
        await using System.Net.Sockets.NetworkStream stream = await node.DialAsync();
        await stream.WriteAsync("PROXY TCP4"u8.ToArray());
        stream.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
        await new WireClient(stream).ExpectEndAsync();
        await node.LogsAsync("given up: it ended within the PROXY header");
    }

    [Fact]
    public async Task The_header_comes_before_tls()
    {
        using var files = new TlsFiles();
        await using RunningNode node = RunningNode.Start(files.Listener + OpenToAll);
        await using Stream stream = await node.DialAsync();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(Header));
        await using SslStream secured = await files.AuthenticateAsync(stream);
        await new WireClient(secured).LoginAsync();
        Connection connection = await node.OnlyConnectionAsync();
        Assert.Equal("203.0.113.7:50000 -> 198.51.100.1:5672", connection.Peer.Name);
        Assert.True(connection.Peer.Client.IsTls);
    }

    [Fact]
    public async Task Without_the_key_a_header_is_not_understood()
    {
        await using RunningNode node = RunningNode.Start("");
        await using WireClient client = await node.ConnectAsync();
        await client.AddRaw(Encoding.ASCII.GetBytes(Header)).FlushAsync();
        Assert.Equal(ProtocolHeader.Amqp091.ToArray(), await client.NextBytesAsync(8));
        Assert.Empty(node.Connections.Snapshot().Where(c => c.Peer.Name.StartsWith("203.", StringComparison.Ordinal)));
    }

    private static async Task AssertNamedAsync(byte[] header, string name)
    {
        await using RunningNode node = RunningNode.Start(OpenToAll);
        await using WireClient client = await node.ConnectAsync();
        await client.AddRaw(header).LoginAsync();
        Assert.Equal(name, (await node.OnlyConnectionAsync()).Peer.Name);
        await node.LogsAsync($"accepting AMQP connection {name}");
    }

    private static async Task AssertGivenUpAsync(RunningNode node, string reason, string text)
    {
        await using System.Net.Sockets.NetworkStream stream = await node.DialAsync();
        string name = $"connection of {stream.Socket.LocalEndPoint} on {stream.Socket.RemoteEndPoint}";
        await stream.WriteAsync(Encoding.Latin1.GetBytes(text));
        await new WireClient(stream).ExpectEndAsync();
        await node.LogsAsync($"{name} given up: {reason}");
    }
}
