using System.Net;
using System.Net.Sockets;
using Warren.Amqp;
using Warren.Server.Configuration;
using Warren.Wire;
using Xunit;

namespace Warren.Server.Tests.Node;

/// <summary>Where a node listens, and what happens when it cannot.</summary>
public sealed class ListenerTests
{
    [Fact]
    public async Task Several_listeners_of_both_families_serve_at_once()
    {
        Assert.SkipUnless(Socket.OSSupportsIPv6, "this machine has no IPv6");
        await using RunningNode node = RunningNode.Start("""
            listeners.tcp.1 = 127.0.0.1:0
            listeners.tcp.2 = [::1]:0
            listeners.tcp.3 = 127.0.0.2:0
            """);
        Assert.Equal(
            ["127.0.0.1", "::1", "127.0.0.2"], node.Listeners.Select(l => l.LocalEndPoint.Address.ToString()));
        for (int listener = 0; listener < 3; listener++)
        {
            await using NetworkStream stream = await node.DialAsync(listener);
            await new WireClient(stream).LoginAsync();
            string name = $"{stream.Socket.LocalEndPoint} -> {node.Listeners[listener].LocalEndPoint}";
            Assert.Equal(name, (await node.OnlyConnectionAsync()).Peer.Name);
            await node.LogsAsync($"started TCP listener on {node.Listeners[listener].LocalEndPoint}");
            await stream.DisposeAsync();
            await Eventually.True(() => node.Connections.Count == 0);
        }
    }

    /// <summary>One that is open already would be bound again, and never be.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Listeners_whose_neighbour_cannot_open_yet_are_not_opened_twice(bool pauses)
    {
        await using RunningNode node = RunningNode.Start("""
            listeners.tcp.1 = 127.0.0.1:0
            listeners.tcp.2 = 127.0.0.2:0
            """);
        IPEndPoint[] places = [.. node.Listeners.Select(listener => listener.LocalEndPoint)];
        Action open = pauses ? () => Assert.True(node.Itself.EndPause()) : node.Itself.ResumeListeners;
        if (pauses)
            node.Itself.Pause();
        else
            node.Itself.SuspendListeners();
        Assert.Empty(node.Listeners);
        using (var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
        {
            taken.Bind(places[1]);
            taken.Listen();
            Assert.Throws<ConfigurationException>(open);
            Assert.Throws<ConfigurationException>(open);
            Assert.Equal([places[0]], node.Listeners.Select(listener => listener.LocalEndPoint));
        }
        open();
        Assert.Equal(places, node.Listeners.Select(listener => listener.LocalEndPoint));
        for (int listener = 0; listener < 2; listener++)
        {
            await using NetworkStream stream = await node.DialAsync(listener);
            await new WireClient(stream).LoginAsync();
        }
    }

    [Fact]
    public async Task A_port_that_another_node_uses_stops_the_start()
    {
        await using RunningNode first = RunningNode.Start("");
        int port = first.Listeners[0].LocalEndPoint.Port;
        var error = Assert.Throws<ConfigurationException>(
            () => RunningNode.Start($"listeners.tcp.mine = 127.0.0.1:{port}"));
        Assert.Contains($"cannot listen on port {port} of 127.0.0.1: ", error.Message, StringComparison.Ordinal);
        Assert.Contains("RABBITMQ_NODE_PORT or listeners.tcp.mine", error.Message, StringComparison.Ordinal);
        await using WireClient client = await first.ConnectAsync();
        await client.LoginAsync();
    }

    [Fact]
    public void An_address_of_another_machine_stops_the_start()
    {
        // From the range for documentation, which no machine has.
        var error = Assert.Throws<ConfigurationException>(
            () => RunningNode.Start("listeners.tcp.1 = 192.0.2.1:5672"));
        Assert.Contains("It is no address of this machine", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("Another node", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_start_that_fails_gives_back_the_ports_it_had()
    {
        await using RunningNode other = RunningNode.Start("");
        IPEndPoint free = FreePlace();
        Assert.Throws<ConfigurationException>(() => RunningNode.Start($"""
            listeners.tcp.1 = {free}
            listeners.tcp.2 = {other.Listeners[0].LocalEndPoint}
            """));
        await using RunningNode node = RunningNode.Start($"listeners.tcp.1 = {free}");
        await using WireClient client = await node.ConnectAsync();
        await client.LoginAsync();
    }

    [Fact]
    public async Task A_node_may_start_again_at_once_while_its_old_connections_fade()
    {
        RunningNode node = RunningNode.Start("");
        IPEndPoint place = node.Listeners[0].LocalEndPoint;
        await using (WireClient client = await node.ConnectAsync())
        {
            await client.LoginAsync();
            // The node ends the connection first, so that the place stays in TIME_WAIT at its side.
            Task ending = node.DisposeAsync().AsTask();
            await client.ExpectAsync(MethodId.ConnectionClose);
            await client.SendAsync(0, new ConnectionCloseOk());
            await client.ExpectEndAsync();
            await ending;
        }
        await using RunningNode again = RunningNode.Start($"listeners.tcp.1 = {place}");
        await using WireClient next = await again.ConnectAsync();
        await next.LoginAsync();
    }

    [Fact]
    public async Task A_client_that_does_not_say_goodbye_is_not_waited_for_for_ever()
    {
        var time = new ManualTime();
        RunningNode node = RunningNode.Start("", time);
        await using WireClient client = await node.ConnectAsync();
        await client.LoginAsync();
        long started = time.GetTimestamp();
        await node.DisposeAsync();
        Assert.InRange(time.GetElapsedTime(started), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(6));
        Received close = await client.ExpectAsync(MethodId.ConnectionClose);
        Assert.StartsWith("320 CONNECTION_FORCED", close.CloseReason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_may_serve_nobody()
    {
        await using RunningNode node = RunningNode.Start("listeners.tcp = none");
        Assert.Empty(node.Listeners);
    }

    private static IPEndPoint FreePlace()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return (IPEndPoint)socket.LocalEndPoint!;
    }
}
