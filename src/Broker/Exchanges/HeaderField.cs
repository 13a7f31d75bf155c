using System.Buffers.Binary;
using Warren.Amqp;

namespace Warren.Broker.Exchanges;

/// <summary>
/// Where one field of an encoded table lies: offsets into the table's bytes, its four octets of length included.
/// Values are compared where they lie, so that matching headers decodes and allocates nothing.
/// </summary>
internal readonly record struct HeaderField(
    int NameAt, int NameSizeBytes, FieldKind Kind, int ValueAt, int ValueSizeBytes)
{
    /// <summary>
    /// Steps over a type octet and its value; the size is that of the content, without a length before it.
    /// </summary>
    public static FieldKind ReadValue(ref WireReader reader, out int sizeBytes)
    {
        var kind = (FieldKind)reader.ReadOctet();
        switch (kind)
        {
            case FieldKind.LongString or FieldKind.ByteArray or FieldKind.Array or FieldKind.Table:
                sizeBytes = reader.ReadLongString().Length;
                return kind;
            case FieldKind.Void:
                sizeBytes = 0;
                return kind;
            case FieldKind.Boolean or FieldKind.SignedByte or FieldKind.UnsignedByte:
                reader.ReadOctet();
                sizeBytes = sizeof(byte);
                return kind;
            case FieldKind.Short or FieldKind.UnsignedShort:
                reader.ReadShort();
                sizeBytes = sizeof(ushort);
                return kind;
            case FieldKind.Int or FieldKind.UnsignedInt or FieldKind.Float:
                reader.ReadLong();
                sizeBytes = sizeof(uint);
                return kind;
            case FieldKind.Decimal:
                reader.ReadOctet();
                reader.ReadLong();
                sizeBytes = sizeof(byte) + sizeof(uint);
                return kind;
            default:
                // 'l' and its other spelling 'L', double, timestamp.
                reader.ReadLongLong();
                sizeBytes = sizeof(ulong);
                return kind is FieldKind.Double or FieldKind.Timestamp ? kind : FieldKind.Long;
        }
    }

    public ReadOnlySpan<byte> NameIn(ReadOnlySpan<byte> table) => table.Slice(NameAt, NameSizeBytes);

    public ReadOnlySpan<byte> ValueIn(ReadOnlySpan<byte> table) => table.Slice(ValueAt, ValueSizeBytes);

    /// <summary>
    /// Whether two values are the same to RabbitMQ: numbers of any type by number (a timestamp is one), strings and
    /// byte arrays by their bytes, the rest by type and content. A number is never equal to its text.
    /// </summary>
    public static bool SameValue(
        HeaderField left, ReadOnlySpan<byte> leftTable, HeaderField right, ReadOnlySpan<byte> rightTable)
    {
        ReadOnlySpan<byte> leftValue = left.ValueIn(leftTable);
        ReadOnlySpan<byte> rightValue = right.ValueIn(rightTable);
        if (IsInteger(left.Kind) && IsInteger(right.Kind))
            return ReadInteger(left.Kind, leftValue) == ReadInteger(right.Kind, rightValue);
        if (IsNumber(left.Kind))
        {
            return IsNumber(right.Kind)
                && ReadNumber(left.Kind, leftValue).Equals(ReadNumber(right.Kind, rightValue));
        }
        if (left.Kind is FieldKind.LongString or FieldKind.ByteArray)
        {
            return right.Kind is FieldKind.LongString or FieldKind.ByteArray
                && leftValue.SequenceEqual(rightValue);
        }
        if (left.Kind == FieldKind.Boolean)
            return right.Kind == FieldKind.Boolean && (leftValue[0] != 0) == (rightValue[0] != 0);
        return left.Kind == right.Kind && leftValue.SequenceEqual(rightValue);
    }

    public static bool IsInteger(FieldKind kind) => kind is FieldKind.SignedByte or FieldKind.UnsignedByte
        or FieldKind.Short or FieldKind.UnsignedShort or FieldKind.Int or FieldKind.UnsignedInt or FieldKind.Long
        or FieldKind.Timestamp;

    /// <summary>The number of an integer type; wide, because a timestamp has no sign and a long has.</summary>
    public static Int128 ReadInteger(FieldKind kind, ReadOnlySpan<byte> value) => kind switch
    {
        FieldKind.SignedByte => (sbyte)value[0],
        FieldKind.UnsignedByte => value[0],
        FieldKind.Short => BinaryPrimitives.ReadInt16BigEndian(value),
        FieldKind.UnsignedShort => BinaryPrimitives.ReadUInt16BigEndian(value),
        FieldKind.Int => BinaryPrimitives.ReadInt32BigEndian(value),
        FieldKind.UnsignedInt => BinaryPrimitives.ReadUInt32BigEndian(value),
        FieldKind.Timestamp => BinaryPrimitives.ReadUInt64BigEndian(value),
        _ => BinaryPrimitives.ReadInt64BigEndian(value),
    };

    private static bool IsNumber(FieldKind kind) => IsInteger(kind) || kind is FieldKind.Float or FieldKind.Double;

    private static double ReadNumber(FieldKind kind, ReadOnlySpan<byte> value) => kind switch
    {
        FieldKind.Float => BinaryPrimitives.ReadSingleBigEndian(value),
        FieldKind.Double => BinaryPrimitives.ReadDoubleBigEndian(value),
        _ => (double)ReadInteger(kind, value),
    };
}
