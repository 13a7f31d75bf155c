using System.Net;

namespace Warren.Server.Configuration;

/// <summary>One place where AMQP is served.</summary>
/// <param name="Name">The <c>$name</c> of <c>listeners.tcp.$name</c>; <c>default</c> when no file names one.</param>
/// <param name="Address">Null: all addresses, IPv6 and IPv4.</param>
/// <param name="Port">0 lets the system choose.</param>
/// <param name="IsTls">True for <c>listeners.ssl.*</c>.</param>
public sealed record ListenerOptions(string Name, IPAddress? Address, int Port, bool IsTls)
{
    /// <summary>RabbitMQ's port for AMQP without TLS.</summary>
    public const int DefaultPort = 5672;
}
