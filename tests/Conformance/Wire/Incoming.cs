namespace Warren.Conformance.Wire;

/// <summary>
/// Something a server sent: a method (with its whole content), a heartbeat, a protocol header, or the end of the
/// stream.
/// </summary>
public sealed record Incoming(ushort Channel, Method? Method, ContentHeader? Header, byte[]? Body, string? Other)
{
    /// <summary>The server closed the TCP connection.</summary>
    public static Incoming Closed { get; } = new(0, null, null, null, "closed");

    /// <summary>A heartbeat frame.</summary>
    public static Incoming Heartbeat { get; } = new(0, null, null, null, "heartbeat");

    /// <summary>The method's name, or what else it was.</summary>
    public string Name => Method?.Name ?? Other!;
}
