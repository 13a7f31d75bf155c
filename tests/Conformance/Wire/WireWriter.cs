using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Warren.Conformance.Wire;

/// <summary>
/// Writes AMQP's elementary types to a growing buffer. Consecutive bits share octets as the specification says.
/// </summary>
public sealed class WireWriter
{
    private readonly ArrayBufferWriter<byte> _buffer = new();
    private int _bits;
    private int _bitCount;

    /// <summary>What was written so far.</summary>
    public byte[] ToArray()
    {
        FlushBits();
        return _buffer.WrittenSpan.ToArray();
    }

    /// <summary>Writes a field of the given definition type.</summary>
    public void Field(string type, object value)
    {
        if (type == "bit")
        {
            Bit((bool)value);
            return;
        }

        FlushBits();
        switch (type)
        {
            case "octet": Octet((byte)(long)value); break;
            case "short": Short((ushort)(long)value); break;
            case "long": Long((uint)(long)value); break;
            case "longlong" or "timestamp": LongLong((ulong)(long)value); break;
            case "shortstr": ShortString((byte[])value); break;
            case "longstr": LongString((byte[])value); break;
            case "table": Table((FieldTable)value); break;
            default: throw new InvalidOperationException($"no field type {type}");
        }
    }

    public void Octet(byte value) => _buffer.Write([value]);

    public void Short(ushort value)
    {
        Span<byte> bytes = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, value);
        _buffer.Write(bytes);
    }

    public void Long(uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        _buffer.Write(bytes);
    }

    public void LongLong(ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        _buffer.Write(bytes);
    }

    public void Raw(ReadOnlySpan<byte> bytes)
    {
        FlushBits();
        _buffer.Write(bytes);
    }

    public void LongString(byte[] bytes)
    {
        Long((uint)bytes.Length);
        _buffer.Write(bytes);
    }

    public void Table(FieldTable table)
    {
        WireWriter inner = new();
        foreach ((string name, FieldValue value) in table.Entries)
        {
            inner.ShortString(Encoding.UTF8.GetBytes(name));
            inner.Value(value);
        }

        LongString(inner.ToArray());
    }

    private void ShortString(byte[] bytes)
    {
        Octet((byte)bytes.Length);
        _buffer.Write(bytes);
    }

    private void Value(FieldValue value)
    {
        Octet((byte)value.Type);
        switch (value.Type)
        {
            case 't': Octet((bool)value.Content! ? (byte)1 : (byte)0); break;
            case 'b' or 'B': Octet((byte)value.Number); break;
            case 's' or 'u': Short((ushort)value.Number); break;
            case 'I' or 'i': Long((uint)value.Number); break;
            case 'l' or 'T': LongLong((ulong)value.Number); break;
            case 'f': Long(BitConverter.SingleToUInt32Bits((float)value.Content!)); break;
            case 'd': LongLong(BitConverter.DoubleToUInt64Bits((double)value.Content!)); break;
            case 'D':
                (byte scale, int units) = ((byte, int))value.Content!;
                Octet(scale);
                Long((uint)units);
                break;
            case 'S' or 'x': LongString(value.Bytes); break;
            case 'A':
                WireWriter items = new();
                foreach (FieldValue item in (List<FieldValue>)value.Content!)
                    items.Value(item);
                LongString(items.ToArray());
                break;
            case 'F': Table((FieldTable)value.Content!); break;
            case 'V': break;
            default: throw new InvalidOperationException($"no field value type {value.Type}");
        }
    }

    private void Bit(bool value)
    {
        if (_bitCount == 8)
            FlushBits();
        if (value)
            _bits |= 1 << _bitCount;
        _bitCount++;
    }

    private void FlushBits()
    {
        if (_bitCount == 0)
            return;
        _buffer.Write([(byte)_bits]);
        _bits = 0;
        _bitCount = 0;
    }
}
