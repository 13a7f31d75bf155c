using System.Globalization;

namespace Warren.Cli.Formatting;

/// <summary>In what bytes are counted.</summary>
internal sealed record MemoryUnit(string Name, double Divisor)
{
    public static MemoryUnit? Find(string name) => name.ToLowerInvariant() switch
    {
        "b" or "bytes" => new("bytes", 1),
        "mb" => new("mb", 1_000_000),
        "gb" => new("gb", 1_000_000_000),
        _ => null,
    };

    /// <summary>An amount with its unit, to four places, as Erlang shows a rounded number.</summary>
    public string Of(long bytes) => Divisor == 1
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes} {Name}")
        : string.Create(CultureInfo.InvariantCulture, $"{Math.Round(bytes / Divisor, 4):0.0###} {Name}");
}
