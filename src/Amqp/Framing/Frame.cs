namespace Warren.Amqp;

/// <summary>A frame that lies in the reader's buffer; valid as long as that buffer is not reused.</summary>
public readonly ref struct Frame
{
    internal Frame(byte type, ushort channel, uint announcedPayloadBytes)
    {
        Type = type;
        Channel = channel;
        AnnouncedPayloadBytes = announcedPayloadBytes;
    }

    internal Frame(byte type, ushort channel, ReadOnlySpan<byte> payload, byte endOctet)
        : this(type, channel, (uint)payload.Length)
    {
        Payload = payload;
        EndOctet = endOctet;
    }

    /// <summary>One of <see cref="FrameType"/>, or whatever the peer sent.</summary>
    public byte Type { get; }

    /// <summary>The channel; 0 is the connection itself.</summary>
    public ushort Channel { get; }

    /// <summary>The payload; empty unless the frame is complete or ends badly.</summary>
    public ReadOnlySpan<byte> Payload { get; }

    /// <summary>The payload size that the frame's header announces: 0 to 2^32 - 1.</summary>
    public long AnnouncedPayloadBytes { get; }

    /// <summary>The octet found where the frame ends; 0xCE in a complete frame.</summary>
    public byte EndOctet { get; }

    /// <summary>The whole frame with header and end: what the reader moves on by.</summary>
    public int SizeBytes => Payload.Length + FrameSize.OverheadBytes;
}
