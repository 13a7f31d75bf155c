using System.Buffers.Binary;

namespace Warren.Load;

/// <summary>One whole frame where it lies in a receive buffer: type, channel, size, payload, end octet.</summary>
internal readonly ref struct Frame
{
    internal const byte MethodType = 1;
    internal const byte HeaderType = 2;
    internal const byte BodyType = 3;
    internal const byte HeartbeatType = 8;
    internal const byte EndOctet = 0xCE;
    internal const int HeadSizeBytes = 7;
    internal const int OverheadBytes = 8;

    private Frame(byte type, ReadOnlySpan<byte> payload)
    {
        Type = type;
        Payload = payload;
    }

    internal byte Type { get; }

    internal ReadOnlySpan<byte> Payload { get; }

    internal int SizeBytes => Payload.Length + OverheadBytes;

    internal int Method => BinaryPrimitives.ReadInt32BigEndian(Payload);

    internal ReadOnlySpan<byte> Arguments => Payload[4..];

    /// <summary>False when the frame at the start of the bytes is not whole yet.</summary>
    internal static bool TryCut(ReadOnlySpan<byte> bytes, out Frame frame)
    {
        frame = default;
        if (bytes.Length < OverheadBytes)
            return false;
        int size = BinaryPrimitives.ReadInt32BigEndian(bytes[3..]);
        if (size < 0)
            throw new IOException($"a frame claims a negative size ({size})");
        if (bytes.Length < size + OverheadBytes)
            return false;
        if (bytes[HeadSizeBytes + size] != EndOctet)
            throw new IOException("a frame does not end with the end octet");
        frame = new Frame(bytes[0], bytes.Slice(HeadSizeBytes, size));
        return true;
    }
}
