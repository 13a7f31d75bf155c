using System.Text.RegularExpressions;

namespace Warren.Cli.Tests.Golden;

/// <summary>
/// Takes away what must differ between two runs of any broker (pids, ports, sizes, moments, the version, the order of
/// tables) and the stream queue, which is not built; nothing else.
/// </summary>
internal static partial class Normaliser
{
    public static IReadOnlyList<string> Of(string command, IEnumerable<string> lines)
    {
        List<string> all =
            [.. lines.Select(Plain).Where(line => !line.Contains("log.stream", StringComparison.Ordinal))];
        while (all is [.., ""])
            all.RemoveAt(all.Count - 1);
        return command.Contains(" list_", StringComparison.Ordinal)
            ? [.. all.Select(line => line.TrimStart(',')).Order(StringComparer.Ordinal)]
            : all;
    }

    private static string Plain(string line)
    {
        line = Colour().Replace(line, "");
        line = Line().Replace(line, "");
        line = Pid().Replace(line, "<pid>");
        line = JsonPid().Replace(line, "#PID");
        line = Moment().Replace(line, "MOMENT");
        line = Port().Replace(line, "127.0.0.1$1PORT");
        line = Memory().Replace(line, "\"memory\":SIZE");
        return line.Replace("3.10.8", "3.13.7", StringComparison.Ordinal).TrimEnd();
    }

    [GeneratedRegex("\u001b\\[[01]m")]
    private static partial Regex Colour();

    [GeneratedRegex("\u001b")]
    private static partial Regex Line();

    [GeneratedRegex(@"<rabbit@localhost\.\d+\.\d+\.\d+>")]
    private static partial Regex Pid();

    [GeneratedRegex(@"#PID<[\d.]+>")]
    private static partial Regex JsonPid();

    [GeneratedRegex(@"\b1\d{12}\b")]
    private static partial Regex Moment();

    [GeneratedRegex(@"127\.0\.0\.1([:\t])\d{2,5}\b")]
    private static partial Regex Port();

    [GeneratedRegex(@"""memory"":\d+")]
    private static partial Regex Memory();
}
