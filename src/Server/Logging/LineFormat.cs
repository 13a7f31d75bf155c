using System.Globalization;
using System.Text;
using Warren.Broker;

namespace Warren.Server.Logging;

/// <summary>
/// RabbitMQ's line, which people's log readers parse:
/// <code>2026-11-24 10:00:00.123456+00:00 [info] &lt;0.4711.0&gt; message</code>
/// The place of the Erlang process holds the process id between two zeros. Each line of a message of several lines
/// carries the head, as in RabbitMQ.
/// </summary>
internal sealed class LineFormat(int processId)
{
    private readonly string _process = string.Create(CultureInfo.InvariantCulture, $"<0.{processId}.0>");

    /// <summary>Appends the line or lines, each ended by LF.</summary>
    public void Append(StringBuilder text, in LogLine line)
    {
        var rest = line.Message.AsSpan().TrimEnd('\n');
        while (true)
        {
            var end = rest.IndexOf('\n');
            AppendHead(text, line);
            text.Append(end < 0 ? rest : rest[..end].TrimEnd('\r')).Append('\n');
            if (end < 0)
                return;
            rest = rest[(end + 1)..];
        }
    }

    private void AppendHead(StringBuilder text, in LogLine line) => text
        .Append(CultureInfo.InvariantCulture, $"{line.Time:yyyy-MM-dd HH:mm:ss.ffffffzzz} [{NameOf(line.Level)}] ")
        .Append(_process).Append(' ');

    private static string NameOf(LogLevel level) => level switch
    {
        LogLevel.Debug => "debug",
        LogLevel.Info => "info",
        LogLevel.Notice => "notice",
        LogLevel.Warning => "warning",
        LogLevel.Error => "error",
        _ => "critical",
    };
}
