using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Warren.Broker;
using Warren.Broker.Connections;
using Warren.Broker.Security;
using Warren.Server.Configuration;

namespace Warren.Server.Listeners;

/// <summary>
/// One address and port where AMQP is served. Its loop accepts; what a client must send before AMQP (a PROXY header, a
/// TLS handshake) is done in a task of the client's, within the handshake's time.
/// </summary>
public sealed class AmqpListener : IDisposable
{
    /// <summary>
    /// After an accept that failed for want of file handles or memory: try again, but not in a tight loop.
    /// </summary>
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMilliseconds(100);

    private readonly ListenerOptions _listener;
    private readonly NodeOptions _options;
    private readonly MessageBroker _broker;
    private readonly TlsServer? _tls;
    private readonly Socket _socket;

    /// <summary>Binds and listens.</summary>
    /// <exception cref="SocketException">The address is in use or not this machine's.</exception>
    public AmqpListener(ListenerOptions listener, NodeOptions options, MessageBroker broker, TlsServer? tls)
    {
        _listener = listener;
        _options = options;
        _broker = broker;
        _tls = listener.IsTls ? tls : null;
        IPAddress address = listener.Address ?? (Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any);
        _socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        if (address.Equals(IPAddress.IPv6Any))
            _socket.DualMode = true;
        _socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        _socket.Bind(new IPEndPoint(address, listener.Port));
        _socket.Listen(options.Tcp.Backlog);
    }

    /// <summary>Where it listens; the port that the system chose, if it was asked to.</summary>
    public IPEndPoint LocalEndPoint => (IPEndPoint)_socket.LocalEndPoint!;

    public bool IsTls => _listener.IsTls;

    /// <summary>Accepts until disposed.</summary>
    public async Task RunAsync()
    {
        while (true)
        {
            Socket client;
            try
            {
                client = await _socket.AcceptAsync().ConfigureAwait(false);
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
            catch (SocketException error)
            {
                _broker.Log(
                    LogLevel.Error, LogCategory.Connection,
                    $"cannot accept a connection on {LocalEndPoint}: {error.Message}");
                await Task.Delay(PauseAfterFailure, _broker.Time).ConfigureAwait(false);
                continue;
            }
            _ = ServeAsync(client);
        }
    }

    public void Dispose() => _socket.Dispose();

    private async Task ServeAsync(Socket client)
    {
        Stream? stream = null;
        try
        {
            Configure(client);
            stream = new NetworkStream(client, ownsSocket: true);
            var remote = Plain((IPEndPoint)client.RemoteEndPoint!);
            var local = Plain((IPEndPoint)client.LocalEndPoint!);
            using var timeout = new CancellationTokenSource(
                TimeSpan.FromMilliseconds(_options.Broker.HandshakeTimeoutMs), _broker.Time);
            if (_options.ProxyProtocol.IsEnabled)
            {
                (remote, local) = await ReadProxyHeaderAsync(stream, remote, local, timeout.Token)
                    .ConfigureAwait(false);
            }
            X509Certificate2? certificate = null;
            if (_tls is not null)
            {
                SslStream secured = await _tls.AuthenticateAsync(stream, timeout.Token).ConfigureAwait(false);
                stream = secured;
                certificate = secured.RemoteCertificate as X509Certificate2;
            }
            var peer = new ConnectionPeer(
                remote, local, new ClientPeer(remote.Address, _tls is not null, certificate, certificate is not null));
            await _broker.Connections.ServeAsync(stream, client, peer).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or SocketException or OperationCanceledException
            or System.Security.Authentication.AuthenticationException or ObjectDisposedException
            or InvalidDataException)
        {
            _broker.Log(
                LogLevel.Error, LogCategory.Connection,
                $"connection on {_listener.Name} listener given up before AMQP began: {error.Message}");
        }
        finally
        {
            if (stream is not null)
                await stream.DisposeAsync().ConfigureAwait(false);
            client.Dispose();
        }
    }

    private void Configure(Socket client)
    {
        TcpOptions tcp = _options.Tcp;
        client.NoDelay = tcp.NoDelay;
        if (tcp.SendBufferBytes is { } sendBytes)
            client.SendBufferSize = sendBytes;
        if (tcp.ReceiveBufferBytes is { } receiveBytes)
            client.ReceiveBufferSize = receiveBytes;
        if (tcp.KeepAlive)
            client.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        if (tcp.LingerSeconds is { } seconds and > 0)
            client.LingerState = new LingerOption(true, seconds);
    }

    // Reads octet by octet: the header is short, comes once, and what follows it belongs to somebody else.
    private async Task<(IPEndPoint Remote, IPEndPoint Local)> ReadProxyHeaderAsync(
        Stream stream, IPEndPoint remote, IPEndPoint local, CancellationToken cancellation)
    {
        if (!_options.ProxyProtocol.Allows(remote.Address))
        {
            throw new InvalidDataException(
                $"{remote} may not send a PROXY header; "
                + "name it in warren.proxy_protocol.allowed_sources if it is a load balancer");
        }
        byte[] bytes = new byte[ProxyHeader.MostBytes];
        int count = 0;
        while (count < bytes.Length)
        {
            int read = await stream.ReadAsync(bytes.AsMemory(count, 1), cancellation).ConfigureAwait(false);
            if (read == 0)
                throw new InvalidDataException($"{remote} ended within the PROXY header");
            count += read;
            ProxyHeader? header = ProxyHeader.Parse(bytes.AsSpan(0, count), out bool isMalformed);
            if (isMalformed)
                break;
            if (header is { } found)
                return (found.Source ?? remote, found.Destination ?? local);
        }
        throw new InvalidDataException($"{remote} sent no PROXY header, which proxy_protocol = true makes mandatory");
    }

    private static IPEndPoint Plain(IPEndPoint endPoint) =>
        endPoint.Address.IsIPv4MappedToIPv6 ? new IPEndPoint(endPoint.Address.MapToIPv4(), endPoint.Port) : endPoint;
}
