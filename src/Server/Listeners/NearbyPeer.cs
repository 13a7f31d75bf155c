using System.Buffers.Binary;
using System.Net.Sockets;

namespace Warren.Server.Listeners;

/// <summary>
/// Bounds what the kernel takes in for a client on the same network. Left to itself it lets a receive buffer grow to
/// tcp_rmem's limit, 6 to 32 MiB, whenever a client sends faster than it is read: seconds of messages that nobody has
/// read, for each of a thousand publishers, out of every cache. A path of a millisecond fills its rate with little.
/// On longer paths, and where the round trip cannot be learnt, the kernel's own tuning stays.
/// </summary>
internal static class NearbyPeer
{
    /// <summary>The kernel doubles it: at the longest round trip below that is 128 MB/s of each connection.</summary>
    public const int ReceiveBufferBytes = 128 * 1024;

    private const int LongestRoundTripMicroseconds = 2000;

    private const int ProtocolTcp = 6;

    // linux/tcp.h: the option, and where tcpi_rtt lies in the structure that it fills.
    private const int TcpInfoOption = 11;
    private const int RoundTripAt = 68;

    /// <summary>Whether the handshake's round trip was that of a local network.</summary>
    public static bool Is(Socket client)
    {
        if (!OperatingSystem.IsLinux())
            return false;
        Span<byte> info = stackalloc byte[RoundTripAt + sizeof(uint)];
        try
        {
            int count = client.GetRawSocketOption(ProtocolTcp, TcpInfoOption, info);
            return count == info.Length && IsNear(info);
        }
        catch (SocketException)
        {
            return false;
        }
    }

    internal static bool IsNear(ReadOnlySpan<byte> info)
    {
        uint roundTripMicroseconds = BitConverter.IsLittleEndian
            ? BinaryPrimitives.ReadUInt32LittleEndian(info[RoundTripAt..])
            : BinaryPrimitives.ReadUInt32BigEndian(info[RoundTripAt..]);
        return roundTripMicroseconds is > 0 and <= LongestRoundTripMicroseconds;
    }
}
