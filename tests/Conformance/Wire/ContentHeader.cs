namespace Warren.Conformance.Wire;

/// <summary>A content header: the body's size in bytes and those of the fourteen properties that are present.</summary>
public sealed record ContentHeader(long BodySizeBytes, IReadOnlyList<(string Name, object Value)> Properties)
{
    /// <summary>The payload of the header frame for class basic.</summary>
    public byte[] Encode()
    {
        WireWriter values = new();
        int flags = 0;
        for (int i = 0; i < MethodTable.Properties.Count; i++)
        {
            FieldDefinition definition = MethodTable.Properties[i];
            int at = Properties.ToList().FindIndex(property => property.Name == definition.Name);
            if (at < 0)
                continue;
            flags |= 0x8000 >> i;
            values.Field(definition.Type, Properties[at].Value);
        }

        WireWriter writer = new();
        writer.Short(60);
        writer.Short(0);
        writer.LongLong((ulong)BodySizeBytes);
        writer.Short((ushort)flags);
        writer.Raw(values.ToArray());
        return writer.ToArray();
    }

    /// <summary>Reads the payload of a header frame.</summary>
    public static ContentHeader Decode(byte[] payload)
    {
        WireReader reader = new(payload);
        if (reader.Short() != 60 || reader.Short() != 0)
            throw new InvalidDataException("a content header of class 60 and weight 0 was expected");
        long bodySizeBytes = (long)reader.LongLong();
        int flags = reader.Short();
        List<(string, object)> properties = [];
        for (int i = 0; i < MethodTable.Properties.Count; i++)
        {
            if ((flags & (0x8000 >> i)) != 0)
                properties.Add((MethodTable.Properties[i].Name, reader.Field(MethodTable.Properties[i].Type)));
        }

        if (reader.Remaining > 0)
            throw new InvalidDataException($"the content header has {reader.Remaining} bytes too many");
        return new ContentHeader(bodySizeBytes, properties);
    }
}
