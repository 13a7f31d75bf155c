namespace Warren.Amqp;

/// <summary>Sizes and writes field tables, arrays and values. A 64-bit integer always goes out as 'l'.</summary>
internal static class FieldWriter
{
    private const int LengthBytes = sizeof(uint);

    public static int TableBytes(FieldTable table)
    {
        var sizeBytes = LengthBytes;
        foreach (var (name, value) in table.AsSpan())
            sizeBytes += 1 + LosslessText.ByteCount(name) + ValueBytes(value);
        return sizeBytes;
    }

    public static int ArrayBytes(FieldArray array)
    {
        var sizeBytes = LengthBytes;
        foreach (var value in array.AsSpan())
            sizeBytes += ValueBytes(value);
        return sizeBytes;
    }

    public static void WriteTable(ref WireWriter writer, FieldTable table)
    {
        writer.WriteLong((uint)(TableBytes(table) - LengthBytes));
        foreach (var (name, value) in table.AsSpan())
        {
            writer.WriteShortString(name);
            WriteValue(ref writer, value);
        }
    }

    private static int ValueBytes(FieldValue value) => 1 + value.Kind switch
    {
        FieldKind.Void => 0,
        FieldKind.Boolean or FieldKind.SignedByte or FieldKind.UnsignedByte => 1,
        FieldKind.Short or FieldKind.UnsignedShort => 2,
        FieldKind.Int or FieldKind.UnsignedInt or FieldKind.Float => 4,
        FieldKind.Decimal => 5,
        FieldKind.LongString or FieldKind.ByteArray => LengthBytes + value.AsBytes().Length,
        FieldKind.Table => TableBytes(value.AsTable()),
        FieldKind.Array => ArrayBytes(value.AsArray()),
        _ => 8,
    };

    private static void WriteValue(ref WireWriter writer, FieldValue value)
    {
        writer.WriteOctet((byte)value.Kind);
        switch (value.Kind)
        {
            case FieldKind.Void:
                break;
            case FieldKind.Boolean or FieldKind.SignedByte or FieldKind.UnsignedByte:
                writer.WriteOctet((byte)value.Bits);
                break;
            case FieldKind.Short or FieldKind.UnsignedShort:
                writer.WriteShort((ushort)value.Bits);
                break;
            case FieldKind.Int or FieldKind.UnsignedInt or FieldKind.Float:
                writer.WriteLong((uint)value.Bits);
                break;
            case FieldKind.Decimal:
                writer.WriteOctet(value.AsDecimal().Scale);
                writer.WriteLong(value.AsDecimal().Unscaled);
                break;
            case FieldKind.LongString or FieldKind.ByteArray:
                writer.WriteLongString(value.AsBytes());
                break;
            case FieldKind.Table:
                writer.WriteTable(value.AsTable());
                break;
            case FieldKind.Array:
                WriteArray(ref writer, value.AsArray());
                break;
            default:
                writer.WriteLongLong((ulong)value.Bits);
                break;
        }
    }

    private static void WriteArray(ref WireWriter writer, FieldArray array)
    {
        writer.WriteLong((uint)(ArrayBytes(array) - LengthBytes));
        foreach (var value in array.AsSpan())
            WriteValue(ref writer, value);
    }
}
