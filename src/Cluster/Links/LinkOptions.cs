namespace Warren.Cluster.Links;

/// <summary>Limits and times of peer links.</summary>
public sealed record LinkOptions
{
    /// <summary>
    /// How long a peer may be silent before its link is down (<c>net_ticktime</c>). A second is longer
    /// than any pause of a healthy node, and a change of leader begins when it is over.
    /// </summary>
    public TimeSpan SilenceTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Connecting, TLS and the handshake together. A few round trips over a slow line; longer than a node's pause.
    /// </summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// What waits to be written, of each class of each link: a few hundred milliseconds of a busy line.
    /// </summary>
    public int QueueBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>
    /// What a peer may have sent and this node not handled, of each class: fills a gigabit line over 30 ms of round
    /// trip. At least four frames.
    /// </summary>
    public int WindowBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>The first pause after a dial that failed; it doubles with each failure.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The longest pause between dials, and the pause after a refusal that a person has to mend.</summary>
    public TimeSpan LongestPause { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Handshakes that others have begun and not finished, at once: every node of a large cluster twice over.
    /// </summary>
    public int MostHandshakes { get; init; } = 64;

    /// <summary>Those of one address, so that one stranger does not take all of them.</summary>
    public int MostHandshakesOfAddress { get; init; } = 16;

    /// <summary>Links of joining nodes and commands, at once.</summary>
    public int MostVisitors { get; init; } = 64;

    /// <summary>Lowest version of the peer protocol that is spoken.</summary>
    public ushort LowestVersion { get; init; } = 1;

    /// <summary>Highest version of the peer protocol that is spoken.</summary>
    public ushort HighestVersion { get; init; } = 1;

    /// <summary>
    /// How often a heartbeat goes, if not five times within the timeout: for a visitor, who does not know how long the
    /// node waits for him, and waits long himself.
    /// </summary>
    public TimeSpan? HeartbeatInterval { get; init; }

    /// <summary>Five heartbeats within the timeout: four may be late.</summary>
    internal TimeSpan TickInterval => HeartbeatInterval ?? SilenceTimeout / 5;

    /// <exception cref="ArgumentException">A value makes no sense; the message says which.</exception>
    internal void Check()
    {
        if (QueueBytes < LinkFrame.MostFrameBytes || WindowBytes < 4 * LinkFrame.MostFrameBytes)
            throw new ArgumentException($"expected room for four frames of {LinkFrame.MostFrameBytes} bytes at least");
        if (SilenceTimeout <= TimeSpan.Zero || HandshakeTimeout <= TimeSpan.Zero || FirstPause <= TimeSpan.Zero)
            throw new ArgumentException("expected times above zero");
        if (LowestVersion == 0 || LowestVersion > HighestVersion)
            throw new ArgumentException("expected a range of versions from 1 on");
    }
}
