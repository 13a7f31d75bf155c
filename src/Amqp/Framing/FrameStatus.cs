namespace Warren.Amqp;

/// <summary>What <see cref="FrameReader"/> found at the start of its input.</summary>
public enum FrameStatus
{
    /// <summary>A whole frame.</summary>
    Complete,

    /// <summary>The frame goes on beyond the input: read more and try again.</summary>
    Incomplete,

    /// <summary>The announced payload is over the limit; type, channel and announced size are known.</summary>
    TooLarge,

    /// <summary>The payload is there but the octet after it is not the frame end.</summary>
    BadEnd,
}
