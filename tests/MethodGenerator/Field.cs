namespace Warren.MethodGenerator;

/// <summary>An argument of a method.</summary>
public sealed record Field(string WireName, string Type)
{
    /// <summary>Whether the protocol keeps the place but gives it no meaning.</summary>
    public bool IsReserved => WireName == "reserved";

    /// <summary>The property's name.</summary>
    public string Name => Naming.Pascal(WireName);

    /// <summary>The constructor parameter's name.</summary>
    public string ParameterName => Naming.Camel(WireName);

    /// <summary>Whether the property is a span and has a text form beside it.</summary>
    public bool IsString => Type is "shortstr" or "shortbytes" or "longstr";

    /// <summary>The property's type.</summary>
    public string PropertyType => Type switch
    {
        "octet" => "byte",
        "short" => "ushort",
        "long" => "uint",
        "longlong" or "timestamp" => "ulong",
        "bit" => "bool",
        "table" => "FieldTable",
        _ => "ReadOnlySpan<byte>",
    };

    /// <summary>The constructor parameter's type.</summary>
    public string ParameterType => IsString ? "WireText" : PropertyType;

    /// <summary>The last word of WireReader's and WireWriter's method for it.</summary>
    public string WireVerb => Type switch
    {
        "octet" => "Octet",
        "short" => "Short",
        "long" => "Long",
        "longlong" or "timestamp" => "LongLong",
        "bit" => "Bit",
        "table" => "Table",
        "longstr" => "LongString",
        "shortstr" or "shortbytes" => "ShortString",
        _ => throw new FormatException($"The type '{Type}' of field '{WireName}' is unknown."),
    };

    /// <summary>The size, or that of the length before the content; bits are counted by the method.</summary>
    public int FixedBytes => Type switch
    {
        "octet" or "shortstr" or "shortbytes" => 1,
        "short" => 2,
        "long" or "longstr" => 4,
        "longlong" or "timestamp" => 8,
        _ => 0,
    };
}
