using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace Warren.Amqp;

/// <summary>
/// Reads AMQP's elementary values (AMQP 0-9-1, section 4.2.5) from a span, in network byte order. Spans that it
/// returns point into the input. Every read beyond the end throws <see cref="WireFormatException"/>.
/// Invariants: Position never passes the end; a run of bits holds the octet it was read from.
/// </summary>
public ref struct WireReader
{
    private readonly ReadOnlySpan<byte> _input;
    private byte _bits;
    // How many bits of _bits are taken; 0 or 8 when the next bit starts an octet.
    private int _bitsTaken;

    /// <summary>Starts at the first byte of the input.</summary>
    public WireReader(ReadOnlySpan<byte> input) => _input = input;

    /// <summary>How many bytes were read.</summary>
    public int Position { get; private set; }

    /// <summary>How many bytes are left.</summary>
    public readonly int Remaining => _input.Length - Position;

    /// <summary>Reads one octet.</summary>
    public byte ReadOctet() => Take(sizeof(byte))[0];

    /// <summary>Reads an unsigned 16-bit integer.</summary>
    public ushort ReadShort() => BinaryPrimitives.ReadUInt16BigEndian(Take(sizeof(ushort)));

    /// <summary>Reads an unsigned 32-bit integer.</summary>
    public uint ReadLong() => BinaryPrimitives.ReadUInt32BigEndian(Take(sizeof(uint)));

    /// <summary>Reads an unsigned 64-bit integer.</summary>
    public ulong ReadLongLong() => BinaryPrimitives.ReadUInt64BigEndian(Take(sizeof(ulong)));

    /// <summary>Reads a bit; bits that follow each other share an octet, lowest first (section 4.2.5.2).</summary>
    public bool ReadBit()
    {
        if (_bitsTaken is 0 or 8)
        {
            _bits = Take(sizeof(byte))[0];
            _bitsTaken = 0;
        }

        return (_bits >> _bitsTaken++ & 1) != 0;
    }

    /// <summary>Reads a string of up to 255 bytes.</summary>
    public ReadOnlySpan<byte> ReadShortString() => Take(ReadOctet());

    /// <summary>Reads a string of up to 255 bytes that must be UTF-8.</summary>
    public ReadOnlySpan<byte> ReadShortStringUtf8()
    {
        var bytes = ReadShortString();
        return Utf8.IsValid(bytes) ? bytes : throw WireFormatException.BadUtf8();
    }

    /// <summary>Reads a string of up to 255 bytes that must be UTF-8, as text.</summary>
    public string ReadShortStringText() => Encoding.UTF8.GetString(ReadShortStringUtf8());

    /// <summary>Reads bytes with a 32-bit length before them.</summary>
    public ReadOnlySpan<byte> ReadLongString()
    {
        var sizeBytes = ReadLong();
        return sizeBytes <= Remaining ? Take((int)sizeBytes) : throw WireFormatException.EndsEarly();
    }

    /// <summary>Reads a field table (section 4.2.5.5).</summary>
    public FieldTable ReadTable() => FieldReader.ReadTable(ref this);

    /// <summary>Throws unless everything was read.</summary>
    public readonly void ExpectEnd()
    {
        if (Remaining > 0)
            throw WireFormatException.Leftover(Remaining);
    }

    internal ReadOnlySpan<byte> Take(int sizeBytes)
    {
        if (sizeBytes > Remaining)
            throw WireFormatException.EndsEarly();
        var taken = _input.Slice(Position, sizeBytes);
        Position += sizeBytes;
        _bitsTaken = 0;
        return taken;
    }
}
