namespace Warren.Broker.Exchanges;

/// <summary>Text as RabbitMQ's error texts show an Erlang binary; clients' tests look for it.</summary>
internal static class ErlangBinary
{
    public static string Of(string text)
    {
        if (text.Length == 0)
            return "<<>>";
        string escaped = text.Replace("\\", "\\\\").Replace("\"", "\\\"");
        bool isAscii = System.Text.Ascii.IsValid(text);
        return isAscii ? $"<<\"{escaped}\">>" : $"<<\"{escaped}\"/utf8>>";
    }
}
