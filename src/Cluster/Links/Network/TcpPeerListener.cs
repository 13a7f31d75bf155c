using System.Net;
using System.Net.Sockets;

namespace Warren.Cluster.Links;

/// <summary>One address and port where peers are accepted.</summary>
internal sealed class TcpPeerListener : IPeerListener
{
    private const int Backlog = 128;

    /// <summary>
    /// After an accept that failed for want of file handles or memory: try again, but not in a tight loop.
    /// </summary>
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMilliseconds(100);

    private readonly Socket _socket;
    private readonly TimeProvider _time;
    private readonly Action<string> _report;
    private readonly Action<AcceptedStream> _accepted;

    public TcpPeerListener(
        PeerAddress address, TimeProvider time, Action<string> report, Action<AcceptedStream> accepted)
    {
        _time = time;
        _report = report;
        _accepted = accepted;
        _socket = Bind(address);
        var bound = (IPEndPoint)_socket.LocalEndPoint!;
        Address = new PeerAddress(bound.Address.ToString(), bound.Port);
        _ = RunAsync();
    }

    public PeerAddress Address { get; }

    public void Dispose() => _socket.Dispose();

    private static Socket Bind(PeerAddress address)
    {
        Socket? socket = null;
        try
        {
            IPAddress local = address.Host.Length > 0
                ? Dns.GetHostAddresses(address.Host)[0]
                : Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any;
            socket = new Socket(local.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            if (local.Equals(IPAddress.IPv6Any))
                socket.DualMode = true;
            // No ReuseAddress: the runtime takes it for SO_REUSEPORT as well, and two nodes would share the port.
            socket.Bind(new IPEndPoint(local, address.Port));
            socket.Listen(Backlog);
            return socket;
        }
        catch (SocketException error)
        {
            socket?.Dispose();
            throw new IOException($"cannot listen for peers on {address}: {error.Message}", error);
        }
    }

    private async Task RunAsync()
    {
        while (true)
        {
            try
            {
                Socket peer = await _socket.AcceptAsync().ConfigureAwait(false);
                Hand(peer);
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            catch (SocketException error) when (
                error.SocketErrorCode is SocketError.OperationAborted or SocketError.Interrupted)
            {
                return;
            }
            catch (Exception error) when (error is SocketException or IOException)
            {
                _report($"cannot accept a peer on {Address}: {error.Message}");
                await Task.Delay(PauseAfterFailure, _time).ConfigureAwait(false);
            }
        }
    }

    private void Hand(Socket peer)
    {
        IPEndPoint remote;
        try
        {
            TcpPeerNetwork.Configure(peer);
            remote = (IPEndPoint)peer.RemoteEndPoint!;
        }
        catch (SocketException)
        {
            // It left at once.
            peer.Dispose();
            return;
        }
        if (remote.Address.IsIPv4MappedToIPv6)
            remote = new IPEndPoint(remote.Address.MapToIPv4(), remote.Port);
        _accepted(new AcceptedStream(
            TcpPeerNetwork.StreamOf(peer), remote.Address.ToString(), remote.ToString()));
    }
}
