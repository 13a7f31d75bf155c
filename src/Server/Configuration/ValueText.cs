using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Warren.Broker;

namespace Warren.Server.Configuration;

/// <summary>
/// Reads the text forms that values of <c>rabbitmq.conf</c> have. Pure; false when the text is not of the form.
/// </summary>
public static partial class ValueText
{
    /// <summary>A whole number, sign allowed.</summary>
    public static bool TryInt(string text, out long number) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);

    /// <summary>A decimal number such as 0.4; a whole number will do.</summary>
    public static bool TryFloat(string text, out double number) => double.TryParse(
        text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out number);

    /// <summary>
    /// Memory and disk sizes: bytes, or a unit. k, M, G, T, P with or without B count in 1000s; Ki, Mi, Gi, Ti, Pi in
    /// 1024s.
    /// </summary>
    public static bool TrySize(string text, out long sizeBytes)
    {
        var match = SizeForm().Match(text);
        var unit = match.Groups["step"].Value;
        var power = PowerOf(unit);
        return Multiply(match, match.Groups["binary"].Success ? 1024 : 1000, power, out sizeBytes);
    }

    /// <summary>Frame sizes and the like: bytes, or KB, MB, GB in any case, each 1024 times the one before.</summary>
    public static bool TryByteSize(string text, out long sizeBytes)
    {
        var match = ByteSizeForm().Match(text);
        var unit = match.Groups["step"].Value;
        var power = PowerOf(unit);
        return Multiply(match, 1024, power, out sizeBytes);
    }

    /// <summary>Parts of f (fortnight), w, d, h, m, s, ms, added up; a bare number is milliseconds.</summary>
    public static bool TryDuration(string text, out long durationMs)
    {
        durationMs = 0;
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out durationMs))
            return true;
        var match = DurationForm().Match(text);
        if (!match.Success)
            return false;
        double sumMs = 0;
        for (var i = 0; i < match.Groups["n"].Captures.Count; i++)
        {
            var number = double.Parse(match.Groups["n"].Captures[i].Value, CultureInfo.InvariantCulture);
            sumMs += number * match.Groups["u"].Captures[i].Value switch
            {
                "ms" => 1,
                "s" => 1000,
                "m" => 60_000,
                "h" => 3_600_000,
                "d" => 86_400_000,
                "w" => 7 * 86_400_000L,
                _ => 14 * 86_400_000L,
            };
        }

        durationMs = (long)Math.Ceiling(sumMs);
        return true;
    }

    /// <summary>
    /// A level's name. RabbitMQ's alert and emergency are critical here. A name behind a comparison, as in the
    /// 3.7 spelling <c>&lt;=notice</c>, is taken as that level.
    /// </summary>
    public static bool TryLevel(string text, out LogLevel level)
    {
        var name = text.TrimStart('<', '=', '!');
        level = name switch
        {
            "debug" => LogLevel.Debug,
            "info" => LogLevel.Info,
            "notice" => LogLevel.Notice,
            "warning" => LogLevel.Warning,
            "error" => LogLevel.Error,
            "critical" or "alert" or "emergency" => LogLevel.Critical,
            _ => LogLevel.None,
        };
        return level != LogLevel.None || name == "none";
    }

    /// <summary>
    /// A port, or an address and a port parted by the last colon; IPv6 addresses with or without brackets. A null
    /// address means all addresses of both families.
    /// </summary>
    public static bool TryListener(string text, out IPAddress? address, out int port)
    {
        address = null;
        var colon = text.LastIndexOf(':');
        if (!int.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out port)
            || port > IPEndPoint.MaxPort)
            return false;
        return colon < 0 || TryAddress(text[..colon], out address);
    }

    /// <summary>An IP address, IPv6 with or without brackets, or <c>localhost</c> (127.0.0.1).</summary>
    public static bool TryAddress(string text, out IPAddress? address)
    {
        if (text == "localhost")
        {
            address = IPAddress.Loopback;
            return true;
        }

        var bare = text.StartsWith('[') && text.EndsWith(']') ? text[1..^1] : text;
        // IPAddress takes "1" and "0x7f.1" for addresses; an operator who writes these has made a mistake.
        return IPAddress.TryParse(bare, out address)
            && (bare.Contains(':', StringComparison.Ordinal) || bare.Count(c => c == '.') == 3);
    }

    /// <summary>A network in CIDR form, or one address.</summary>
    public static bool TryNetwork(string text, out IPNetwork network)
    {
        if (text.Contains('/', StringComparison.Ordinal))
            return IPNetwork.TryParse(text, out network);
        network = default;
        if (!TryAddress(text, out var address))
            return false;
        network = new IPNetwork(address!, address!.GetAddressBytes().Length * 8);
        return true;
    }

    private static int PowerOf(string unit) =>
        unit.Length == 0 ? 0 : "KMGTP".IndexOf(char.ToUpperInvariant(unit[0]), StringComparison.Ordinal) + 1;

    private static bool Multiply(Match match, long step, int power, out long sizeBytes)
    {
        sizeBytes = 0;
        var digits = match.Groups["n"].ValueSpan;
        if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return false;
        Int128 product = number;
        for (var i = 0; i < power; i++)
            product *= step;
        sizeBytes = product > long.MaxValue ? 0 : (long)product;
        return product <= long.MaxValue;
    }

    [GeneratedRegex("^(?<n>[0-9]+)((?<step>[kKMGTP])((?<binary>i)B?|[bB])?)?$", RegexOptions.CultureInvariant)]
    private static partial Regex SizeForm();

    [GeneratedRegex("^(?<n>[0-9]+)((?<step>[kKmMgG])[bB])?$", RegexOptions.CultureInvariant)]
    private static partial Regex ByteSizeForm();

    [GeneratedRegex("^((?<n>[0-9]+(\\.[0-9]+)?)(?<u>ms|f|w|d|h|m|s))+$", RegexOptions.CultureInvariant)]
    private static partial Regex DurationForm();
}
