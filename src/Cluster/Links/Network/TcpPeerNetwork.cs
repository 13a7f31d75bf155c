using System.Net.Sockets;
using Warren.Cluster.Turns;

namespace Warren.Cluster.Links;

/// <summary>Peer links over TCP.</summary>
public sealed class TcpPeerNetwork(TimeProvider time, Action<string> report) : IPeerNetwork
{
    /// <summary>
    /// Bytes that the kernel takes and has not sent: an urgent frame waits behind no more. Left to itself it takes
    /// megabytes, which on a slow line are seconds.
    /// </summary>
    private const int UnsentBytes = 128 * 1024;

    // linux/tcp.h
    private const int ProtocolTcp = 6;
    private const int NotSentLowWaterMarkOption = 25;

    public async Task<Stream> DialAsync(PeerAddress address, CancellationToken cancellation)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            Configure(socket);
            await ConnectAsync(socket, address, cancellation).ConfigureAwait(false);
            return StreamOf(socket);
        }
        catch (SocketException error)
        {
            socket.Dispose();
            throw new IOException($"{address} cannot be reached: {error.Message}", error);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public IPeerListener Listen(PeerAddress address, Action<AcceptedStream> accepted) =>
        new TcpPeerListener(address, time, report, accepted);

    /// <summary>Takes the socket over, of which nothing was asked that returns a task.</summary>
    internal static Stream StreamOf(Socket socket) =>
        OperatingSystem.IsLinux() ? new BlockingPeerStream(socket) : new TcpPeerStream(socket);

    // Where the stream blocks, the runtime must not come to know the socket, or it looks after it for good.
    private static async Task ConnectAsync(Socket socket, PeerAddress address, CancellationToken cancellation)
    {
        if (!OperatingSystem.IsLinux())
        {
            await socket.ConnectAsync(address.Host, address.Port, cancellation).ConfigureAwait(false);
            return;
        }
        using CancellationTokenRegistration giveUp =
            cancellation.UnsafeRegister(static state => ((Socket)state!).Dispose(), socket);
        try
        {
            await LoopThread.Run("link-dial", () =>
            {
                socket.Connect(address.Host, address.Port);
                return Task.CompletedTask;
            }).ConfigureAwait(false);
        }
        catch (Exception) when (cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellation);
        }
    }

    internal static void Configure(Socket socket)
    {
        socket.NoDelay = true;
        if (OperatingSystem.IsLinux())
            socket.SetRawSocketOption(ProtocolTcp, NotSentLowWaterMarkOption, BitConverter.GetBytes(UnsentBytes));
    }
}
