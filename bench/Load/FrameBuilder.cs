using System.Buffers.Binary;
using System.Text;

namespace Warren.Load;

/// <summary>Encodes frames into one growing buffer that is used again after <see cref="Clear"/>.</summary>
internal sealed class FrameBuilder
{
    private byte[] _bytes = new byte[1024];
    private int _frameAt;

    internal int Length { get; private set; }

    internal ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    internal FrameBuilder Clear()
    {
        Length = 0;
        return this;
    }

    internal FrameBuilder Method(int channel, int method) => Open(Frame.MethodType, channel).Int32(method);

    internal FrameBuilder Open(byte type, int channel)
    {
        _frameAt = Length;
        return Octet(type).Int16(channel).Int32(0);
    }

    internal FrameBuilder End()
    {
        BinaryPrimitives.WriteInt32BigEndian(_bytes.AsSpan(_frameAt + 3), Length - _frameAt - Frame.HeadSizeBytes);
        return Octet(Frame.EndOctet);
    }

    internal FrameBuilder Octet(int value)
    {
        Grow(1)[0] = (byte)value;
        return this;
    }

    internal FrameBuilder Int16(int value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(Grow(2), (ushort)value);
        return this;
    }

    internal FrameBuilder Int32(int value)
    {
        BinaryPrimitives.WriteInt32BigEndian(Grow(4), value);
        return this;
    }

    internal FrameBuilder Int64(long value)
    {
        BinaryPrimitives.WriteInt64BigEndian(Grow(8), value);
        return this;
    }

    internal FrameBuilder Short(string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        return Octet(checked((byte)utf8.Length)).Bytes(utf8);
    }

    internal FrameBuilder Long(string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        return Int32(utf8.Length).Bytes(utf8);
    }

    internal FrameBuilder Bytes(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Grow(bytes.Length));
        return this;
    }

    internal FrameBuilder EmptyTable() => Int32(0);

    /// <summary>A field table of booleans that are all true.</summary>
    internal FrameBuilder TrueTable(ReadOnlySpan<string> names)
    {
        int sizeAt = Length;
        Int32(0);
        foreach (string name in names)
            Short(name).Octet('t').Octet(1);
        BinaryPrimitives.WriteInt32BigEndian(_bytes.AsSpan(sizeAt), Length - sizeAt - 4);
        return this;
    }

    /// <summary>A field table of one string, or an empty one where the string is empty.</summary>
    internal FrameBuilder TextTable(string name, string text)
    {
        int sizeAt = Length;
        Int32(0);
        if (text.Length > 0)
            Short(name).Octet('S').Long(text);
        BinaryPrimitives.WriteInt32BigEndian(_bytes.AsSpan(sizeAt), Length - sizeAt - 4);
        return this;
    }

    private Span<byte> Grow(int count)
    {
        if (_bytes.Length - Length < count)
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, Length + count));
        Length += count;
        return _bytes.AsSpan(Length - count, count);
    }
}
