namespace Warren.Conformance.Wire;

/// <summary>One AMQP 0-9-1 method: its name, its numbers and its fields in wire order.</summary>
public sealed record MethodDefinition(
    string Name, ushort ClassId, ushort MethodId, IReadOnlyList<FieldDefinition> Fields)
{
    /// <summary>True when a content header and body follow the method frame.</summary>
    public bool CarriesContent => Name is "basic.publish" or "basic.deliver" or "basic.return" or "basic.get-ok";

    /// <summary>Looks a field up by name, or null when the method has none of that name.</summary>
    public FieldDefinition? Field(string name) => Fields.FirstOrDefault(field => field.Name == name);
}
