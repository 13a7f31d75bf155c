using System.Text;

namespace Warren.Conformance.Wire;

/// <summary>
/// A typed value of a field table: the type octet of RabbitMQ's dialect and what it holds. Integers are held as
/// <see cref="long"/>, S and x as bytes, A as a list of values, F as a <see cref="FieldTable"/>, D as scale and units.
/// </summary>
public sealed record FieldValue(char Type, object? Content)
{
    /// <summary>A long string of UTF-8 text.</summary>
    public static FieldValue Text(string text) => new('S', Encoding.UTF8.GetBytes(text));

    /// <summary>A boolean.</summary>
    public static FieldValue Flag(bool flag) => new('t', flag);

    /// <summary>The bytes of S and x.</summary>
    public byte[] Bytes => (byte[])Content!;

    /// <summary>The number of any integer type and of T.</summary>
    public long Number => (long)Content!;
}
