namespace Warren.Cli.Formatting;

/// <summary>
/// A title in a terminal's bold, whether a terminal reads it or not: RabbitMQ's tools do so, and scripts cut it away.
/// </summary>
internal static class Bold
{
    public static string Of(string text) => $"\u001b[1m{text}\u001b[0m";
}
