using System.Globalization;
using System.Text;

namespace Warren.Broker.Connections;

/// <summary>
/// Bytes as RabbitMQ prints them inside its error texts: <c>&lt;&lt;"text"&gt;&gt;</c> or <c>&lt;&lt;1,2,3&gt;&gt;</c>.
/// </summary>
internal static class ErlangText
{
    /// <summary>Reply texts are cut at 255 bytes, so longer input only costs time.</summary>
    private const int MostBytes = 128;

    public static string Binary(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > MostBytes)
            bytes = bytes[..MostBytes];
        if (bytes.IsEmpty)
            return "<<>>";
        bool printable = true;
        foreach (byte octet in bytes)
            printable &= octet is >= 32 and < 127;
        var text = new StringBuilder("<<");
        if (printable)
            text.Append('"').Append(Encoding.ASCII.GetString(bytes)).Append('"');
        else
            AppendNumbers(text, bytes);
        return text.Append(">>").ToString();
    }

    private static void AppendNumbers(StringBuilder text, ReadOnlySpan<byte> bytes)
    {
        for (int at = 0; at < bytes.Length; at++)
        {
            if (at > 0)
                text.Append(',');
            text.Append(bytes[at].ToString(CultureInfo.InvariantCulture));
        }
    }
}
