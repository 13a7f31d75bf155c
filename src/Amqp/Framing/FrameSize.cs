namespace Warren.Amqp;

/// <summary>Sizes that every frame has in common (AMQP 0-9-1, section 4.2.3).</summary>
public static class FrameSize
{
    /// <summary>Type, channel and payload size.</summary>
    public const int HeaderBytes = 7;

    /// <summary>The octet that ends a frame.</summary>
    public const int EndBytes = 1;

    /// <summary>What a frame costs beside its payload.</summary>
    public const int OverheadBytes = HeaderBytes + EndBytes;

    /// <summary>The value of the octet that ends a frame.</summary>
    public const byte EndOctet = 0xCE;

    /// <summary>The frame-max that every peer accepts, and that rules until connection.tune-ok.</summary>
    public const int MinimumFrameMax = 4096;
}
