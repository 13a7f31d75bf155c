using System.Globalization;

namespace Warren.Cli.CommandLine;

/// <summary>
/// An amount of bytes as RabbitMQ's configuration writes it: a number and perhaps a unit, <c>50MB</c>.
/// </summary>
internal static class ByteAmount
{
    public static bool TryParse(string text, out long bytes)
    {
        bytes = 0;
        int digits = 0;
        while (digits < text.Length && char.IsAsciiDigit(text[digits]))
            digits++;
        if (digits == 0 || !long.TryParse(text[..digits], NumberStyles.None, CultureInfo.InvariantCulture,
            out long count))
            return false;
        long? unit = text[digits..].ToLowerInvariant() switch
        {
            "" or "b" => 1,
            "k" or "kib" or "ki" => 1024,
            "kb" => 1000,
            "m" or "mib" or "mi" => 1024 * 1024,
            "mb" => 1_000_000,
            "g" or "gib" or "gi" => 1024L * 1024 * 1024,
            "gb" => 1_000_000_000,
            "t" or "tib" or "ti" => 1024L * 1024 * 1024 * 1024,
            "tb" => 1_000_000_000_000,
            _ => null,
        };
        if (unit is null || count > long.MaxValue / unit)
            return false;
        bytes = count * unit.Value;
        return true;
    }
}
