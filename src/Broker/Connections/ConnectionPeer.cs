using System.Net;
using Warren.Broker.Security;

namespace Warren.Broker.Connections;

/// <summary>Who is at the other end of a connection, as the listener found out.</summary>
/// <param name="Remote">
/// The client's address; behind a trusted load balancer the one that the PROXY header tells.
/// </param>
/// <param name="Local">Where the client connected to.</param>
/// <param name="Client">What logging in depends on.</param>
public sealed record ConnectionPeer(IPEndPoint Remote, IPEndPoint Local, ClientPeer Client)
{
    /// <summary>Such as <c>tlsv1.3</c>; null: the connection is not secured.</summary>
    public string? TlsProtocol { get; init; }

    /// <summary>The cipher suite's name; null: the connection is not secured.</summary>
    public string? TlsCipher { get; init; }

    /// <summary>The name RabbitMQ shows: <c>127.0.0.1:50000 -> 127.0.0.1:5672</c>.</summary>
    public string Name => $"{Remote} -> {Local}";
}
