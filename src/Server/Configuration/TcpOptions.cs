namespace Warren.Server.Configuration;

/// <summary><c>tcp_listen_options.*</c>. Null leaves the choice to the operating system.</summary>
public sealed record TcpOptions
{
    /// <summary>Connections the kernel may hold before they are accepted; RabbitMQ's default.</summary>
    public int Backlog { get; init; } = 128;

    /// <summary>Small writes leave at once (TCP_NODELAY).</summary>
    public bool NoDelay { get; init; } = true;

    /// <summary><c>sndbuf</c>, bytes. Setting it switches the kernel's own tuning off.</summary>
    public int? SendBufferBytes { get; init; }

    /// <summary>
    /// <c>recbuf</c>, bytes. Setting it switches the kernel's own tuning off; unset, that is bounded for clients on the
    /// same network (<see cref="Listeners.NearbyPeer"/>).
    /// </summary>
    public int? ReceiveBufferBytes { get; init; }

    /// <summary>TCP keepalive; heartbeats make it needless.</summary>
    public bool KeepAlive { get; init; }

    /// <summary>
    /// <c>linger.timeout</c>, seconds, when <c>linger.on</c> is true. RabbitMQ sets 0, which resets a connection
    /// at close and can drop the last frame; unset here unless the operator asks.
    /// </summary>
    public int? LingerSeconds { get; init; }
}
