using System.Buffers.Binary;

namespace Warren.Amqp;

/// <summary>
/// Writes AMQP's elementary values (AMQP 0-9-1, section 4.2.5) to a span, in network byte order. The caller has
/// made the span large enough (every value can tell its size); one too short is the caller's mistake and throws
/// <see cref="ArgumentException"/>.
/// </summary>
public ref struct WireWriter
{
    private readonly Span<byte> _output;
    // How many bits the octet before Position holds; 0 or 8 when the next bit starts an octet.
    private int _bitsHeld;

    /// <summary>Starts at the first byte of the output.</summary>
    public WireWriter(Span<byte> output) => _output = output;

    /// <summary>How many bytes were written.</summary>
    public int Position { get; private set; }

    /// <summary>What was written so far.</summary>
    public readonly ReadOnlySpan<byte> Written => _output[..Position];

    /// <summary>Writes one octet.</summary>
    public void WriteOctet(byte value) => Take(sizeof(byte))[0] = value;

    /// <summary>Writes an unsigned 16-bit integer.</summary>
    public void WriteShort(ushort value) => BinaryPrimitives.WriteUInt16BigEndian(Take(sizeof(ushort)), value);

    /// <summary>Writes an unsigned 32-bit integer.</summary>
    public void WriteLong(uint value) => BinaryPrimitives.WriteUInt32BigEndian(Take(sizeof(uint)), value);

    /// <summary>Writes an unsigned 64-bit integer.</summary>
    public void WriteLongLong(ulong value) => BinaryPrimitives.WriteUInt64BigEndian(Take(sizeof(ulong)), value);

    /// <summary>Writes a bit; bits that follow each other share an octet, lowest first (section 4.2.5.2).</summary>
    public void WriteBit(bool value)
    {
        if (_bitsHeld is 0 or 8)
        {
            WriteOctet(0);
            _bitsHeld = 0;
        }

        if (value)
            _output[Position - 1] |= (byte)(1 << _bitsHeld);
        _bitsHeld++;
    }

    /// <summary>Writes a string of up to 255 bytes.</summary>
    /// <exception cref="ArgumentException">The string is longer.</exception>
    public void WriteShortString(ReadOnlySpan<byte> value)
    {
        if (value.Length > byte.MaxValue)
            throw new ArgumentException($"A short string of {value.Length} bytes; 255 are allowed.", nameof(value));
        WriteOctet((byte)value.Length);
        value.CopyTo(Take(value.Length));
    }

    /// <summary>Writes a string of up to 255 bytes of UTF-8.</summary>
    /// <exception cref="ArgumentException">The string is longer.</exception>
    public void WriteShortString(string value)
    {
        var sizeBytes = LosslessText.ByteCount(value);
        if (sizeBytes > byte.MaxValue)
            throw new ArgumentException($"A short string of {sizeBytes} bytes; 255 are allowed.", nameof(value));
        WriteOctet((byte)sizeBytes);
        LosslessText.GetBytes(value, Take(sizeBytes));
    }

    /// <summary>Writes bytes with a 32-bit length before them.</summary>
    public void WriteLongString(ReadOnlySpan<byte> value)
    {
        WriteLong((uint)value.Length);
        value.CopyTo(Take(value.Length));
    }

    /// <summary>Writes text as UTF-8 with a 32-bit length before it.</summary>
    public void WriteLongString(string value)
    {
        var sizeBytes = LosslessText.ByteCount(value);
        WriteLong((uint)sizeBytes);
        LosslessText.GetBytes(value, Take(sizeBytes));
    }

    /// <summary>Writes a field table (section 4.2.5.5).</summary>
    public void WriteTable(FieldTable value) => FieldWriter.WriteTable(ref this, value);

    /// <summary>Writes bytes as they are.</summary>
    public void WriteRaw(ReadOnlySpan<byte> value) => value.CopyTo(Take(value.Length));

    private Span<byte> Take(int sizeBytes)
    {
        var taken = _output.Slice(Position, sizeBytes);
        Position += sizeBytes;
        _bitsHeld = 0;
        return taken;
    }
}
