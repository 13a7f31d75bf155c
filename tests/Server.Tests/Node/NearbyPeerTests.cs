using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Warren.Server.Listeners;
using Xunit;

namespace Warren.Server.Tests.Node;

public sealed class NearbyPeerTests
{
    /// <summary>The kernel tells of a real connection what we read there: the offset is right.</summary>
    [Fact]
    public async Task Whoever_connects_on_this_machine_is_near()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux tells");
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(listener.LocalEndPoint!, TestContext.Current.CancellationToken);
        using Socket accepted = await listener.AcceptAsync(TestContext.Current.CancellationToken);

        Assert.True(NearbyPeer.Is(accepted));
    }

    [Fact]
    public void What_is_no_connection_is_not_near()
    {
        using var alone = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        Assert.False(NearbyPeer.Is(alone));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(2000, true)]
    [InlineData(2001, false)]
    [InlineData(80_000, false)]
    public void The_round_trip_decides(uint microseconds, bool isNear)
    {
        byte[] info = new byte[72];
        info.AsSpan().Fill(0xFF);
        if (BitConverter.IsLittleEndian)
            BinaryPrimitives.WriteUInt32LittleEndian(info.AsSpan(68), microseconds);
        else
            BinaryPrimitives.WriteUInt32BigEndian(info.AsSpan(68), microseconds);

        Assert.Equal(isNear, NearbyPeer.IsNear(info));
    }
}
