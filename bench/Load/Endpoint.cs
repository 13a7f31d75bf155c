namespace Warren.Load;

/// <summary>
/// A producer or a consumer: one connection whose turns are run by one event loop. The loop sets
/// <see cref="Readable"/> and <see cref="Writable"/> when the socket changes; the turn clears them when the socket has
/// nothing more or takes nothing more (the sockets are watched edge-triggered, so no call is spent on re-arming).
/// </summary>
internal abstract class Endpoint(Session session) : IDisposable
{
    /// <summary>A turn's answer: nothing to do before the socket changes.</summary>
    internal const long OnlyOnEvent = long.MaxValue;

    internal bool Readable { get; set; } = true;

    internal bool Writable { get; set; } = true;

    internal Session Session { get; } = session;

    protected Link Link => Session.Link;

    /// <summary>Does what can be done without waiting; returns when to be called again, in the clock's time.</summary>
    internal abstract long Turn(long now);

    public void Dispose() => Session.Dispose();

    /// <summary>Hands bytes to the socket; returns how many it took.</summary>
    protected int Push(ReadOnlySpan<byte> bytes)
    {
        int sent = Link.Send(bytes);
        Writable = sent == bytes.Length;
        return sent;
    }
}
