namespace Warren.Amqp;

/// <summary>Bytes that no AMQP value can be read from: they end early, go on too long, or mean nothing.</summary>
public sealed class WireFormatException : Exception
{
    /// <summary>Makes the exception with a text for the log.</summary>
    public WireFormatException(string message)
        : base(message)
    {
    }

    internal static WireFormatException EndsEarly() => new("input ends early");

    internal static WireFormatException Leftover(int bytes) => new($"{bytes} bytes left after the last value");

    internal static WireFormatException UnknownFieldType(byte type) => new($"unknown field type 0x{type:X2}");

    internal static WireFormatException TooDeep() =>
        new($"tables and arrays are nested more than {FieldTable.NestingLimit} deep");

    internal static WireFormatException BadUtf8() => new("Malformed UTF-8 in shortstr");
}
