using System.Globalization;

namespace Warren.Server.Configuration;

/// <summary>
/// The type column of the key table: a kind, bounds for numbers, and words allowed besides, such as
/// <c>int:1..65535</c>, <c>int|infinity</c> or <c>enum:classic,quorum</c>.
/// </summary>
public sealed record ValueType(ValueKind Kind, double Minimum, double Maximum, IReadOnlyList<string> Words)
{
    /// <summary>Reads a type as the key table writes it.</summary>
    /// <exception cref="FormatException">The table is wrong.</exception>
    public static ValueType Parse(string text)
    {
        var alternatives = text.Split('|');
        var (name, argument) = alternatives[0].Split(':', 2) is [var n, var a] ? (n, a) : (alternatives[0], "");
        if (!Enum.TryParse<ValueKind>(name, ignoreCase: true, out var kind))
            throw new FormatException($"unknown type {name} in the table of keys");
        if (kind == ValueKind.Enum)
            return new ValueType(kind, 0, 0, argument.Split(','));
        var minimum = double.NegativeInfinity;
        var maximum = double.PositiveInfinity;
        if (argument.Split("..") is [var low, var high])
        {
            minimum = double.Parse(low, CultureInfo.InvariantCulture);
            maximum = high.Length == 0 ? maximum : double.Parse(high, CultureInfo.InvariantCulture);
        }

        return new ValueType(kind, minimum, maximum, alternatives[1..]);
    }

    /// <summary>
    /// Null when <paramref name="value"/> fits; else what was expected, to follow the word "expected".
    /// </summary>
    public string? Refuses(string value)
    {
        if (Words.Contains(value))
            return null;
        var fits = Kind switch
        {
            ValueKind.Bool => value is "true" or "false",
            ValueKind.Flag => value is "on" or "off" or "true" or "false",
            ValueKind.Int => ValueText.TryInt(value, out var number) && InRange(number),
            ValueKind.Float => ValueText.TryFloat(value, out var number) && InRange(number),
            ValueKind.Level => ValueText.TryLevel(value, out _),
            ValueKind.Listener => ValueText.TryListener(value, out _, out _),
            ValueKind.Network => ValueText.TryNetwork(value, out _),
            ValueKind.Size => ValueText.TrySize(value, out _),
            ValueKind.ByteSize => ValueText.TryByteSize(value, out _),
            ValueKind.Duration => ValueText.TryDuration(value, out _),
            ValueKind.Enum => false,
            _ => true,
        };
        return fits ? null : Expected();
    }

    private bool InRange(double number) => number >= Minimum && number <= Maximum;

    private string Expected()
    {
        if (Kind == ValueKind.Enum)
            return Words.Count == 1 ? Words[0] : "one of " + string.Join(", ", Words);
        var expected = Kind switch
        {
            ValueKind.Bool => "true or false",
            ValueKind.Flag => "on or off",
            ValueKind.Int => "a whole number" + Range(),
            ValueKind.Float => "a number" + Range(),
            ValueKind.Level => "a log level: debug, info, notice, warning, error, critical or none",
            ValueKind.Listener => "a port or an address and a port, such as 5672, 127.0.0.1:5672 or [::1]:5672",
            ValueKind.Network => "an address or a network, such as 10.0.0.0/8 or fd00::/8",
            ValueKind.Size => "a size in bytes or with a unit and no space or fraction, such as 500MB or 4GiB",
            ValueKind.ByteSize => "a size in bytes or with KB, MB or GB and no space or fraction, such as 128KB",
            ValueKind.Duration => "a duration with units, such as 500ms, 30s or 1h30m",
            _ => "text",
        };
        return Words.Count == 0 ? expected : $"{expected}, or {string.Join(" or ", Words)}";
    }

    private string Range() => (double.IsInfinity(Minimum), double.IsInfinity(Maximum)) switch
    {
        (true, true) => "",
        (false, true) => string.Create(CultureInfo.InvariantCulture, $" not below {Minimum}"),
        _ => string.Create(CultureInfo.InvariantCulture, $" from {Minimum} to {Maximum}"),
    };
}
