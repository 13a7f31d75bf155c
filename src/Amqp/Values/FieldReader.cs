namespace Warren.Amqp;

/// <summary>
/// Reads field tables, arrays and values, or steps over them without allocating. A table's entries are counted before
/// they are read, so that what is allocated stays under a fixed multiple of the input: at most 32 bytes for each byte
/// (an array of voids costs one byte on the wire and a value in memory). What steps over accepts exactly what reads.
/// </summary>
internal static class FieldReader
{
    public static FieldTable ReadTable(ref WireReader reader, int depth = 1)
    {
        var content = EnterNested(ref reader, depth);
        if (content.IsEmpty)
            return new FieldTable();

        var entries = new KeyValuePair<string, FieldValue>[CountEntries(content)];
        var inner = new WireReader(content);
        for (var i = 0; i < entries.Length; i++)
        {
            var name = LosslessText.GetString(inner.ReadShortString());
            entries[i] = new(name, ReadValue(ref inner, depth));
        }

        return FieldTable.Owning(entries);
    }

    /// <summary>Steps over a table and checks all that is in it.</summary>
    public static void SkipTable(ref WireReader reader, int depth = 1)
    {
        var inner = new WireReader(EnterNested(ref reader, depth));
        while (inner.Remaining > 0)
        {
            inner.ReadShortString();
            SkipValue(ref inner, depth);
        }
    }

    /// <summary>Reads type and value.</summary>
    private static FieldValue ReadValue(ref WireReader reader, int depth)
    {
        var kind = reader.ReadOctet();
        return kind switch
        {
            (byte)FieldKind.Boolean => FieldValue.Of(reader.ReadOctet() != 0),
            (byte)FieldKind.SignedByte => FieldValue.Of((sbyte)reader.ReadOctet()),
            (byte)FieldKind.UnsignedByte => FieldValue.Of(reader.ReadOctet()),
            (byte)FieldKind.Short => FieldValue.Of((short)reader.ReadShort()),
            (byte)FieldKind.UnsignedShort => FieldValue.Of(reader.ReadShort()),
            (byte)FieldKind.Int => FieldValue.Of((int)reader.ReadLong()),
            (byte)FieldKind.UnsignedInt => FieldValue.Of(reader.ReadLong()),
            (byte)FieldKind.Long or (byte)'L' => FieldValue.Of((long)reader.ReadLongLong()),
            (byte)FieldKind.Float => FieldValue.Of(BitConverter.UInt32BitsToSingle(reader.ReadLong())),
            (byte)FieldKind.Double => FieldValue.Of(BitConverter.UInt64BitsToDouble(reader.ReadLongLong())),
            (byte)FieldKind.Decimal => FieldValue.OfDecimal(reader.ReadOctet(), reader.ReadLong()),
            (byte)FieldKind.LongString => FieldValue.OfLongString(reader.ReadLongString()),
            (byte)FieldKind.Array => FieldValue.Of(ReadArray(ref reader, depth + 1)),
            (byte)FieldKind.Timestamp => FieldValue.OfTimestamp(reader.ReadLongLong()),
            (byte)FieldKind.Table => FieldValue.Of(ReadTable(ref reader, depth + 1)),
            (byte)FieldKind.Void => FieldValue.Void,
            (byte)FieldKind.ByteArray => FieldValue.OfBytes(reader.ReadLongString()),
            _ => throw WireFormatException.UnknownFieldType(kind),
        };
    }

    /// <summary>Finds the last value of a name in a table that was checked before.</summary>
    public static bool TryFind(ReadOnlySpan<byte> table, ReadOnlySpan<byte> name, out FieldValue value)
    {
        var reader = new WireReader(new WireReader(table).ReadLongString());
        var found = new WireReader(default);
        while (reader.Remaining > 0)
        {
            var isWanted = reader.ReadShortString().SequenceEqual(name);
            if (isWanted)
                found = reader;
            StepOver(ref reader, out _);
        }

        var isFound = found.Remaining > 0;
        value = isFound ? ReadValue(ref found, depth: 1) : default;
        return isFound;
    }

    private static FieldArray ReadArray(ref WireReader reader, int depth)
    {
        var content = EnterNested(ref reader, depth);
        if (content.IsEmpty)
            return FieldArray.Empty;

        var values = new FieldValue[CountValues(content)];
        var inner = new WireReader(content);
        for (var i = 0; i < values.Length; i++)
            values[i] = ReadValue(ref inner, depth);
        return FieldArray.Owning(values);
    }

    private static ReadOnlySpan<byte> EnterNested(ref WireReader reader, int depth)
    {
        if (depth > FieldTable.NestingLimit)
            throw WireFormatException.TooDeep();
        return reader.ReadLongString();
    }

    private static int CountEntries(ReadOnlySpan<byte> content)
    {
        var reader = new WireReader(content);
        var count = 0;
        for (; reader.Remaining > 0; count++)
        {
            reader.ReadShortString();
            StepOver(ref reader, out _);
        }

        return count;
    }

    private static int CountValues(ReadOnlySpan<byte> content)
    {
        var reader = new WireReader(content);
        var count = 0;
        for (; reader.Remaining > 0; count++)
            StepOver(ref reader, out _);
        return count;
    }

    private static void SkipValue(ref WireReader reader, int depth)
    {
        var kind = StepOver(ref reader, out var content);
        if (kind is not (FieldKind.Table or FieldKind.Array))
            return;
        if (depth >= FieldTable.NestingLimit)
            throw WireFormatException.TooDeep();

        var inner = new WireReader(content);
        while (inner.Remaining > 0)
        {
            if (kind == FieldKind.Table)
                inner.ReadShortString();
            SkipValue(ref inner, depth + 1);
        }
    }

    // One value, without a look into what is nested in it.
    private static FieldKind StepOver(ref WireReader reader, out ReadOnlySpan<byte> content)
    {
        var kind = reader.ReadOctet();
        content = kind switch
        {
            (byte)'V' => default,
            (byte)'t' or (byte)'b' or (byte)'B' => reader.Take(1),
            (byte)'s' or (byte)'u' => reader.Take(2),
            (byte)'I' or (byte)'i' or (byte)'f' => reader.Take(4),
            (byte)'D' => reader.Take(5),
            (byte)'l' or (byte)'L' or (byte)'d' or (byte)'T' => reader.Take(8),
            (byte)'S' or (byte)'x' or (byte)'A' or (byte)'F' => reader.ReadLongString(),
            _ => throw WireFormatException.UnknownFieldType(kind),
        };
        return (FieldKind)kind;
    }
}
