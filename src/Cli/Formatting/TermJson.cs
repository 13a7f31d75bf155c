using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Warren.Cli.Formatting;

/// <summary>A value as RabbitMQ's tools write it in JSON: members of maps by name, tables as lists of three.</summary>
internal static class TermJson
{
    /// <summary>
    /// Erlang numbers the nodes that a tool is connected to; RabbitMQ's own shows numbers like this one.
    /// </summary>
    private const string ForeignNode = "12605";

    public static string Of(JsonElement value)
    {
        var text = new StringBuilder();
        Append(text, value);
        return text.ToString();
    }

    public static void AppendString(StringBuilder text, string value) =>
        text.Append('"').Append(JsonEncodedText.Encode(value, RelaxedEncoder)).Append('"');

    private static readonly System.Text.Encodings.Web.JavaScriptEncoder RelaxedEncoder =
        System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping;

    private static void Append(StringBuilder text, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                AppendString(text, value.GetString()!);
                break;
            case JsonValueKind.Null or JsonValueKind.Undefined:
                text.Append("\"\"");
                break;
            case JsonValueKind.Array:
                AppendList(text, value);
                break;
            case JsonValueKind.Object:
                AppendObject(text, value);
                break;
            default:
                text.Append(value.GetRawText());
                break;
        }
    }

    private static void AppendList(StringBuilder text, JsonElement list)
    {
        text.Append('[');
        bool isFirst = true;
        foreach (JsonElement item in list.EnumerateArray())
        {
            if (!isFirst)
                text.Append(',');
            isFirst = false;
            Append(text, item);
        }
        text.Append(']');
    }

    private static void AppendObject(StringBuilder text, JsonElement value)
    {
        if (TermText.TryTagged(value, out string tag, out JsonElement inner))
        {
            AppendTagged(text, tag, inner);
            return;
        }
        text.Append('{');
        bool isFirst = true;
        foreach (JsonProperty member in value.EnumerateObject().OrderBy(one => one.Name, StringComparer.Ordinal))
        {
            if (!isFirst)
                text.Append(',');
            isFirst = false;
            AppendString(text, member.Name);
            text.Append(':');
            Append(text, member.Value);
        }
        text.Append('}');
    }

    private static void AppendTagged(StringBuilder text, string tag, JsonElement inner)
    {
        switch (tag)
        {
            case "$pid":
                text.Append(
                    CultureInfo.InvariantCulture,
                    $"\"#PID<{ForeignNode}.{inner[2].GetInt64()}.{inner[3].GetInt64()}>\"");
                break;
            case "$tuple":
                AppendList(text, inner);
                break;
            default:
                Append(text, inner);
                break;
        }
    }
}
