namespace Warren.Fuzz.Connections;

/// <summary>What a <see cref="Step"/> does.</summary>
public enum StepKind : byte
{
    /// <summary>A client connects, unless it is connected; nothing is said yet.</summary>
    Connect,

    /// <summary>Sends whole frames; the argument, if not 0, is the size of the pieces that they arrive in.</summary>
    Send,

    /// <summary>Sends what a mutation made.</summary>
    SendBroken,

    /// <summary>
    /// Settles deliveries of a channel that are outstanding then; the argument chooses which and how.
    /// </summary>
    Settle,

    /// <summary>Lets that many turns run.</summary>
    Run,

    /// <summary>Lets that many milliseconds pass.</summary>
    Pass,

    /// <summary>The client reads no more until <see cref="Read"/>.</summary>
    StopReading,

    /// <summary>The client reads again.</summary>
    Read,

    /// <summary>The client sends no more.</summary>
    End,

    /// <summary>The connection is lost.</summary>
    Cut,

    /// <summary>The memory alarm goes on, or off for argument 0.</summary>
    Alarm,

    /// <summary>The node closes its connections.</summary>
    Shutdown,

    /// <summary>Every queue moves its messages together.</summary>
    Compact,
}
