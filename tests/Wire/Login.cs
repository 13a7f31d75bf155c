namespace Warren.Wire;

/// <summary>How a client introduces itself. A null is "what the server proposes".</summary>
public sealed record Login
{
    /// <summary>The user.</summary>
    public string User { get; init; } = "guest";

    /// <summary>The password.</summary>
    public string Password { get; init; } = "guest";

    /// <summary>The mechanism.</summary>
    public string Mechanism { get; init; } = "PLAIN";

    /// <summary>The vhost.</summary>
    public string Vhost { get; init; } = "/";

    /// <summary>tune-ok's frame-max, bytes.</summary>
    public int? FrameMax { get; init; }

    /// <summary>tune-ok's channel-max.</summary>
    public ushort? ChannelMax { get; init; }

    /// <summary>tune-ok's heartbeat, seconds; none unless told.</summary>
    public ushort Heartbeat { get; init; }

    /// <summary>Whether it says that it understands connection.blocked and the like.</summary>
    public bool HasCapabilities { get; init; } = true;
}
