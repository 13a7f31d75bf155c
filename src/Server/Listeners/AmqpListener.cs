using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
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
    private readonly CancellationTokenSource _ending = new();

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
        try
        {
            // No ReuseAddress: the runtime takes it for SO_REUSEPORT as well, and two nodes would share the port
            // without a word. A port whose old connections are still fading is free to bind without it.
            _socket.Bind(new IPEndPoint(address, listener.Port));
            _socket.Listen(options.Tcp.Backlog);
        }
        catch (SocketException)
        {
            _socket.Dispose();
            throw;
        }
        LocalEndPoint = (IPEndPoint)_socket.LocalEndPoint!;
    }

    /// <summary>Where it listens; the port that the system chose, if it was asked to.</summary>
    public IPEndPoint LocalEndPoint { get; }

    public bool IsTls => _listener.IsTls;

    /// <summary>What a listener in the same place is made from.</summary>
    internal ListenerOptions Again => _listener with { Port = LocalEndPoint.Port };

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

    /// <summary>Stops accepting, and gives up whoever has not come as far as AMQP.</summary>
    public void Dispose()
    {
        _socket.Dispose();
        _ending.Cancel();
    }

    private async Task ServeAsync(Socket client)
    {
        // Off the accept loop: the turns of a client that goes on sending run inline, and others wait to be accepted.
        await Task.Yield();
        Stream? stream = null;
        string who = "a client";
        try
        {
            Configure(client);
            stream = new NetworkStream(client, ownsSocket: true);
            var remote = Plain((IPEndPoint)client.RemoteEndPoint!);
            var local = Plain((IPEndPoint)client.LocalEndPoint!);
            who = remote.ToString();
            (stream, ConnectionPeer peer) = await PrepareAsync(stream, remote, local).ConfigureAwait(false);
            await _broker.Connections.ServeAsync(stream, client, peer).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            // Whatever it was, it was this client's: the listener serves the next one.
            _broker.Log(
                LogLevel.Error, LogCategory.Connection,
                $"connection of {who} on {LocalEndPoint} given up: {error.Message}");
        }
        finally
        {
            if (stream is not null)
                await stream.DisposeAsync().ConfigureAwait(false);
            client.Dispose();
        }
    }

    /// <summary>What comes before AMQP, within the handshake's time: a PROXY header, a TLS handshake.</summary>
    private async Task<(Stream Stream, ConnectionPeer Peer)> PrepareAsync(
        Stream stream, IPEndPoint remote, IPEndPoint local)
    {
        using var patience = new CancellationTokenSource(
            TimeSpan.FromMilliseconds(_options.Broker.HandshakeTimeoutMs), _broker.Time);
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, _ending.Token);
        try
        {
            if (_options.ProxyProtocol.IsEnabled)
            {
                RefuseStrangers(remote);
                ProxyHeader header = await ProxyHeaderReader.ReadAsync(stream, cancellation.Token)
                    .ConfigureAwait(false);
                remote = Plain(header.Source ?? remote);
                local = Plain(header.Destination ?? local);
            }
            if (_tls is null)
                return (stream, new ConnectionPeer(remote, local, new ClientPeer(remote.Address)));
            SslStream secured = await _tls.AuthenticateAsync(stream, _broker.Time, cancellation.Token)
                .ConfigureAwait(false);
            var certificate = secured.RemoteCertificate as X509Certificate2;
            var client = new ClientPeer(remote.Address, IsTls: true, certificate, certificate is not null);
            return (secured, new ConnectionPeer(remote, local, client)
            {
                TlsProtocol = secured.SslProtocol == SslProtocols.Tls13 ? "tlsv1.3" : "tlsv1.2",
                TlsCipher = secured.NegotiatedCipherSuite.ToString(),
            });
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            throw new TimeoutException(
                $"it took longer than handshake_timeout = {_options.Broker.HandshakeTimeoutMs} ms");
        }
        catch (OperationCanceledException)
        {
            throw new OperationCanceledException("the node stops");
        }
    }

    private void RefuseStrangers(IPEndPoint remote)
    {
        if (_options.ProxyProtocol.Allows(remote.Address))
            return;
        throw new InvalidDataException(
            "it may not send a PROXY header; "
            + "name it in warren.proxy_protocol.allowed_sources if it is a load balancer");
    }

    private void Configure(Socket client)
    {
        TcpOptions tcp = _options.Tcp;
        client.NoDelay = tcp.NoDelay;
        if (tcp.SendBufferBytes is { } sendBytes)
            client.SendBufferSize = sendBytes;
        if (tcp.ReceiveBufferBytes is { } receiveBytes)
            client.ReceiveBufferSize = receiveBytes;
        else if (NearbyPeer.Is(client))
            client.ReceiveBufferSize = NearbyPeer.ReceiveBufferBytes;
        if (tcp.KeepAlive)
            client.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        if (tcp.LingerSeconds is { } seconds and > 0)
            client.LingerState = new LingerOption(true, seconds);
    }

    private static IPEndPoint Plain(IPEndPoint endPoint) =>
        endPoint.Address.IsIPv4MappedToIPv6 ? new IPEndPoint(endPoint.Address.MapToIPv4(), endPoint.Port) : endPoint;
}
