using System.Buffers.Binary;

namespace Warren.Amqp;

/// <summary>
/// Writes whole frames into a span that the caller has made large enough, and says how many bytes they took.
/// Sizes are checked by the caller against the negotiated frame-max; a span too short is the caller's mistake and
/// throws <see cref="ArgumentException"/>.
/// </summary>
public static class FrameWriter
{
    /// <summary>The size of the frame that holds <paramref name="method"/>.</summary>
    public static int MethodFrameBytes<TMethod>(scoped in TMethod method)
        where TMethod : struct, IMethod, allows ref struct => method.SizeBytes + FrameSize.OverheadBytes;

    /// <summary>Writes a method frame.</summary>
    public static int WriteMethod<TMethod>(Span<byte> output, ushort channel, scoped in TMethod method)
        where TMethod : struct, IMethod, allows ref struct
    {
        var writer = new WireWriter(output[FrameSize.HeaderBytes..]);
        method.WriteTo(ref writer);
        return Enclose(output, FrameType.Method, channel, writer.Position);
    }

    /// <summary>The size of the content header frame for these properties.</summary>
    public static int HeaderFrameBytes(ReadOnlySpan<byte> properties) =>
        ContentHeader.FixedBytes + properties.Length + FrameSize.OverheadBytes;

    /// <summary>Writes a content header frame.</summary>
    /// <param name="output">Room for the frame.</param>
    /// <param name="channel">The channel.</param>
    /// <param name="classId">The class of the method before it.</param>
    /// <param name="bodySizeBytes">The size of all body frames' payloads.</param>
    /// <param name="properties">The flags and the property list.</param>
    public static int WriteHeader(
        Span<byte> output, ushort channel, ushort classId, ulong bodySizeBytes, ReadOnlySpan<byte> properties)
    {
        var payload = output[FrameSize.HeaderBytes..];
        BinaryPrimitives.WriteUInt16BigEndian(payload, classId);
        BinaryPrimitives.WriteUInt16BigEndian(payload[2..], 0);
        BinaryPrimitives.WriteUInt64BigEndian(payload[4..], bodySizeBytes);
        properties.CopyTo(payload[ContentHeader.FixedBytes..]);
        return Enclose(output, FrameType.Header, channel, ContentHeader.FixedBytes + properties.Length);
    }

    /// <summary>Writes one body frame.</summary>
    public static int WriteBody(Span<byte> output, ushort channel, ReadOnlySpan<byte> piece)
    {
        piece.CopyTo(output[FrameSize.HeaderBytes..]);
        return Enclose(output, FrameType.Body, channel, piece.Length);
    }

    /// <summary>Writes a heartbeat frame.</summary>
    public static int WriteHeartbeat(Span<byte> output) => Enclose(output, FrameType.Heartbeat, 0, 0);

    /// <summary>Puts header and end around a payload that already lies seven bytes into the output.</summary>
    public static int Enclose(Span<byte> output, byte type, ushort channel, int payloadBytes)
    {
        output[FrameSize.HeaderBytes + payloadBytes] = FrameSize.EndOctet;
        output[0] = type;
        BinaryPrimitives.WriteUInt16BigEndian(output[1..], channel);
        BinaryPrimitives.WriteUInt32BigEndian(output[3..], (uint)payloadBytes);
        return payloadBytes + FrameSize.OverheadBytes;
    }
}
