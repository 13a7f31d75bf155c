using System.Buffers.Binary;
using System.Text;

namespace Warren.Conformance.Wire;

/// <summary>
/// Reads AMQP's elementary types from a payload; an end before its time is an <see cref="InvalidDataException"/>.
/// </summary>
public sealed class WireReader(byte[] payload)
{
    private int _position;
    private int _bits;
    private int _bitsLeft;

    /// <summary>Bytes not read yet.</summary>
    public int Remaining => payload.Length - _position;

    /// <summary>Reads a field of the given definition type.</summary>
    public object Field(string type)
    {
        if (type == "bit")
            return Bit();
        _bitsLeft = 0;
        return type switch
        {
            "octet" => (long)Octet(),
            "short" => (long)Short(),
            "long" => (long)Long(),
            "longlong" or "timestamp" => (long)LongLong(),
            "shortstr" => Take(Octet()).ToArray(),
            "longstr" => LongString(),
            "table" => Table(),
            _ => throw new InvalidOperationException($"no field type {type}"),
        };
    }

    public byte Octet() => Take(1)[0];

    public ushort Short() => BinaryPrimitives.ReadUInt16BigEndian(Take(2));

    public uint Long() => BinaryPrimitives.ReadUInt32BigEndian(Take(4));

    public ulong LongLong() => BinaryPrimitives.ReadUInt64BigEndian(Take(8));

    private byte[] LongString() => Take((int)Long()).ToArray();

    private FieldTable Table()
    {
        WireReader inner = new(LongString());
        FieldTable table = new();
        while (inner.Remaining > 0)
            table.With(Encoding.UTF8.GetString((byte[])inner.Field("shortstr")), inner.Value());
        return table;
    }

    private FieldValue Value()
    {
        char type = (char)Octet();
        return new FieldValue(type, type switch
        {
            't' => Octet() != 0,
            'b' => (long)(sbyte)Octet(),
            'B' => (long)Octet(),
            's' => (long)(short)Short(),
            'u' => (long)Short(),
            'I' => (long)(int)Long(),
            'i' => (long)Long(),
            'l' or 'T' => (long)LongLong(),
            'f' => BitConverter.UInt32BitsToSingle(Long()),
            'd' => BitConverter.UInt64BitsToDouble(LongLong()),
            'D' => (Octet(), (int)Long()),
            'S' or 'x' => LongString(),
            'A' => Items(),
            'F' => Table(),
            'V' => null,
            _ => throw new InvalidDataException($"field value of unknown type {(int)type}"),
        });
    }

    private List<FieldValue> Items()
    {
        WireReader inner = new(LongString());
        List<FieldValue> items = [];
        while (inner.Remaining > 0)
            items.Add(inner.Value());
        return items;
    }

    private bool Bit()
    {
        if (_bitsLeft == 0)
        {
            _bits = Octet();
            _bitsLeft = 8;
        }

        bool value = (_bits & 1) != 0;
        _bits >>= 1;
        _bitsLeft--;
        return value;
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count < 0 || count > Remaining)
            throw new InvalidDataException($"{count} bytes wanted, {Remaining} left");
        _position += count;
        return payload.AsSpan(_position - count, count);
    }
}
