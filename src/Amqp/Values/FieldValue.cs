using System.Globalization;
using System.Text;

namespace Warren.Amqp;

/// <summary>
/// A value in a field table: a tagged union. Numbers, booleans, decimals and timestamps live in the bits; strings,
/// byte arrays, tables and arrays in the reference. The default value is void. Immutable but for the table or array it
/// may refer to.
/// </summary>
public readonly struct FieldValue : IEquatable<FieldValue>
{
    private readonly object? _reference;
    private readonly long _bits;
    private readonly FieldKind _kind;

    private FieldValue(FieldKind kind, long bits, object? reference = null)
    {
        _kind = kind;
        _bits = bits;
        _reference = reference;
    }

    /// <summary>No value.</summary>
    public static FieldValue Void => default;

    /// <summary>The type on the wire.</summary>
    public FieldKind Kind => _kind == 0 ? FieldKind.Void : _kind;

    /// <summary>The bits of a number; the table, array or bytes are in <see cref="Reference"/>.</summary>
    internal long Bits => _bits;

    internal object? Reference => _reference;

    /// <summary>The type's name as RabbitMQ's error texts and its management API tell it.</summary>
    public string RabbitMqTypeName => Kind switch
    {
        FieldKind.Boolean => "bool",
        FieldKind.SignedByte => "byte",
        FieldKind.UnsignedByte => "unsignedbyte",
        FieldKind.Short => "short",
        FieldKind.UnsignedShort => "unsignedshort",
        FieldKind.Int => "signedint",
        FieldKind.UnsignedInt => "unsignedint",
        FieldKind.Long => "long",
        FieldKind.Float => "float",
        FieldKind.Double => "double",
        FieldKind.Decimal => "decimal",
        FieldKind.LongString => "longstr",
        FieldKind.Array => "array",
        FieldKind.Timestamp => "timestamp",
        FieldKind.Table => "table",
        FieldKind.ByteArray => "binary",
        _ => "void",
    };

    /// <summary>A boolean, 't'.</summary>
    public static FieldValue Of(bool value) => new(FieldKind.Boolean, value ? 1 : 0);

    /// <summary>A signed octet, 'b'.</summary>
    public static FieldValue Of(sbyte value) => new(FieldKind.SignedByte, value);

    /// <summary>An unsigned octet, 'B'.</summary>
    public static FieldValue Of(byte value) => new(FieldKind.UnsignedByte, value);

    /// <summary>A signed 16-bit integer, 's'.</summary>
    public static FieldValue Of(short value) => new(FieldKind.Short, value);

    /// <summary>An unsigned 16-bit integer, 'u'.</summary>
    public static FieldValue Of(ushort value) => new(FieldKind.UnsignedShort, value);

    /// <summary>A signed 32-bit integer, 'I'.</summary>
    public static FieldValue Of(int value) => new(FieldKind.Int, value);

    /// <summary>An unsigned 32-bit integer, 'i'.</summary>
    public static FieldValue Of(uint value) => new(FieldKind.UnsignedInt, value);

    /// <summary>A signed 64-bit integer, 'l'.</summary>
    public static FieldValue Of(long value) => new(FieldKind.Long, value);

    /// <summary>A 32-bit float, 'f'.</summary>
    public static FieldValue Of(float value) => new(FieldKind.Float, BitConverter.SingleToUInt32Bits(value));

    /// <summary>A 64-bit float, 'd'.</summary>
    public static FieldValue Of(double value) => new(FieldKind.Double, BitConverter.DoubleToInt64Bits(value));

    /// <summary>A long string, 'S', from text.</summary>
    public static FieldValue Of(string value) => new(FieldKind.LongString, 0, LosslessText.GetBytes(value));

    /// <summary>A nested table, 'F'.</summary>
    public static FieldValue Of(FieldTable value) => new(FieldKind.Table, 0, value);

    /// <summary>An array, 'A'.</summary>
    public static FieldValue Of(FieldArray value) => new(FieldKind.Array, 0, value);

    /// <summary>A decimal, 'D': the unscaled number divided by ten to the power of the scale.</summary>
    public static FieldValue OfDecimal(byte scale, uint unscaled) =>
        new(FieldKind.Decimal, (long)scale << 32 | unscaled);

    /// <summary>A point in time, 'T', in seconds since 1970.</summary>
    public static FieldValue OfTimestamp(ulong seconds) => new(FieldKind.Timestamp, (long)seconds);

    /// <summary>A long string, 'S', from bytes in any encoding; they are copied.</summary>
    public static FieldValue OfLongString(ReadOnlySpan<byte> value) => new(FieldKind.LongString, 0, value.ToArray());

    /// <summary>A byte array, 'x'; the bytes are copied.</summary>
    public static FieldValue OfBytes(ReadOnlySpan<byte> value) => new(FieldKind.ByteArray, 0, value.ToArray());

    /// <summary>The number, when this is one of the integer types: b, B, s, u, I, i, l.</summary>
    public bool TryGetInteger(out long value)
    {
        value = _bits;
        return Kind is FieldKind.SignedByte or FieldKind.UnsignedByte or FieldKind.Short or FieldKind.UnsignedShort
            or FieldKind.Int or FieldKind.UnsignedInt or FieldKind.Long;
    }

    /// <summary>Whether this is a boolean, and true.</summary>
    public bool IsTrue => Kind == FieldKind.Boolean && _bits != 0;

    /// <summary>The boolean.</summary>
    /// <exception cref="InvalidOperationException">This is no boolean.</exception>
    public bool AsBoolean() => Expect(FieldKind.Boolean)._bits != 0;

    /// <summary>The number of a float or a double.</summary>
    /// <exception cref="InvalidOperationException">This is neither.</exception>
    public double AsDouble() => Kind == FieldKind.Float
        ? BitConverter.UInt32BitsToSingle((uint)_bits)
        : BitConverter.Int64BitsToDouble(Expect(FieldKind.Double)._bits);

    /// <summary>Scale and unscaled value of a decimal.</summary>
    /// <exception cref="InvalidOperationException">This is no decimal.</exception>
    public (byte Scale, uint Unscaled) AsDecimal() =>
        ((byte)(Expect(FieldKind.Decimal)._bits >> 32), (uint)_bits);

    /// <summary>The seconds since 1970 of a timestamp.</summary>
    /// <exception cref="InvalidOperationException">This is no timestamp.</exception>
    public ulong AsTimestamp() => (ulong)Expect(FieldKind.Timestamp)._bits;

    /// <summary>The text of a long string or byte array; octets that are not UTF-8 become escapes.</summary>
    /// <exception cref="InvalidOperationException">This is neither.</exception>
    public string AsText() => LosslessText.GetString(AsBytes());

    /// <summary>The bytes of a long string or byte array.</summary>
    /// <exception cref="InvalidOperationException">This is neither.</exception>
    public ReadOnlySpan<byte> AsBytes() =>
        Kind == FieldKind.ByteArray ? (byte[])_reference! : (byte[])Expect(FieldKind.LongString)._reference!;

    /// <summary>The nested table.</summary>
    /// <exception cref="InvalidOperationException">This is no table.</exception>
    public FieldTable AsTable() => (FieldTable)Expect(FieldKind.Table)._reference!;

    /// <summary>The array.</summary>
    /// <exception cref="InvalidOperationException">This is no array.</exception>
    public FieldArray AsArray() => (FieldArray)Expect(FieldKind.Array)._reference!;

    /// <summary>Whether type and content are the same; a float is compared by its bits.</summary>
    public bool Equals(FieldValue other) => Kind == other.Kind && _bits == other._bits && Kind switch
    {
        FieldKind.LongString or FieldKind.ByteArray => AsBytes().SequenceEqual(other.AsBytes()),
        FieldKind.Table => AsTable().Equals(other.AsTable()),
        FieldKind.Array => AsArray().Equals(other.AsArray()),
        _ => true,
    };

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is FieldValue other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.Add(Kind);
        hash.Add(_bits);
        if (_reference is byte[] bytes)
            hash.AddBytes(bytes);
        else
            hash.Add(_reference);
        return hash.ToHashCode();
    }

    /// <summary>Whether type and content are the same.</summary>
    public static bool operator ==(FieldValue left, FieldValue right) => left.Equals(right);

    /// <summary>Whether type or content differ.</summary>
    public static bool operator !=(FieldValue left, FieldValue right) => !left.Equals(right);

    /// <summary>The value for people: numbers in decimal, strings as they are.</summary>
    public override string ToString() => Kind switch
    {
        FieldKind.Boolean => _bits != 0 ? "true" : "false",
        FieldKind.Float => ((float)AsDouble()).ToString(CultureInfo.InvariantCulture),
        FieldKind.Double => AsDouble().ToString(CultureInfo.InvariantCulture),
        FieldKind.Decimal => $"{AsDecimal().Unscaled}e-{AsDecimal().Scale}",
        FieldKind.Timestamp => AsTimestamp().ToString(CultureInfo.InvariantCulture),
        FieldKind.LongString => AsText(),
        FieldKind.ByteArray => Convert.ToHexString(AsBytes()),
        FieldKind.Table or FieldKind.Array => _reference!.ToString()!,
        FieldKind.Void => "undefined",
        _ => _bits.ToString(CultureInfo.InvariantCulture),
    };

    private FieldValue Expect(FieldKind kind) => Kind == kind
        ? this
        : throw new InvalidOperationException($"The field value is a {RabbitMqTypeName}, not a {kind}.");
}
