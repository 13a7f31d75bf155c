namespace Warren.Conformance.Wire;

/// <summary>
/// A method with its field values: bool for bits, long for numbers, bytes for strings, tables as they are.
/// </summary>
public sealed record Method(MethodDefinition Definition, IReadOnlyList<object> Values)
{
    /// <summary>The method's name, as in queue.declare-ok.</summary>
    public string Name => Definition.Name;

    /// <summary>The value of a field that the method has.</summary>
    public object Value(string field)
    {
        for (int i = 0; i < Definition.Fields.Count; i++)
        {
            if (Definition.Fields[i].Name == field)
                return Values[i];
        }

        throw new InvalidOperationException($"{Name} has no field {field}");
    }

    /// <summary>The payload of the method frame.</summary>
    public byte[] Encode()
    {
        WireWriter writer = new();
        writer.Short(Definition.ClassId);
        writer.Short(Definition.MethodId);
        for (int i = 0; i < Values.Count; i++)
            writer.Field(Definition.Fields[i].Type, Values[i]);
        return writer.ToArray();
    }

    /// <summary>Reads the payload of a method frame.</summary>
    public static Method Decode(byte[] payload)
    {
        WireReader reader = new(payload);
        ushort classId = reader.Short();
        ushort methodId = reader.Short();
        MethodDefinition definition = MethodTable.Find(classId, methodId)
            ?? throw new InvalidDataException($"unknown method {classId}.{methodId}");
        object[] values = [.. definition.Fields.Select(field => reader.Field(field.Type))];
        if (reader.Remaining > 0)
            throw new InvalidDataException($"{definition.Name} has {reader.Remaining} bytes too many");
        return new Method(definition, values);
    }
}
