using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Warren.Cli.Formatting;

/// <summary>
/// A value as tables show it. What the node sends is JSON; what JSON has no kind for is an object with one member whose
/// name begins with a dollar (<c>docs/formats/control.md</c>).
/// </summary>
internal static class TermText
{
    /// <summary>A whole cell. Letters that would break rows are written as octal numbers.</summary>
    public static string Of(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => Escape(value.GetString()!),
        JsonValueKind.Null or JsonValueKind.Undefined => "",
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        JsonValueKind.Number => value.GetRawText(),
        JsonValueKind.Array => $"[{string.Join(", ", value.EnumerateArray().Select(Of))}]",
        _ => OfObject(value),
    };

    /// <summary>The tag and the value of a special object; false: it is a plain one, or none.</summary>
    public static bool TryTagged(JsonElement value, out string tag, out JsonElement inner)
    {
        tag = "";
        inner = default;
        if (value.ValueKind != JsonValueKind.Object)
            return false;
        foreach (JsonProperty member in value.EnumerateObject())
        {
            tag = member.Name;
            inner = member.Value;
            return tag.StartsWith('$');
        }
        return false;
    }

    /// <summary>A process id of Erlang's, which scripts hand back to <c>close_connection</c>.</summary>
    public static string Pid(JsonElement parts) => string.Create(
        CultureInfo.InvariantCulture,
        $"<{parts[0].GetString()}.{parts[1].GetInt64()}.{parts[2].GetInt64()}.{parts[3].GetInt64()}>");

    private static string OfObject(JsonElement value)
    {
        if (!TryTagged(value, out string tag, out JsonElement inner))
        {
            return "[" + string.Join(
                ", ", value.EnumerateObject().Select(member => $"{{{member.Name}, {Of(member.Value)}}}")) + "]";
        }
        return tag switch
        {
            "$atom" => inner.GetString()!,
            "$pid" => Pid(inner),
            "$tuple" => $"{{{string.Join(',', inner.EnumerateArray().Select(Inner))}}}",
            "$table" => Table(inner),
            _ => inner.GetRawText(),
        };
    }

    private static string Table(JsonElement fields)
    {
        IEnumerable<string> cells = fields.EnumerateArray()
            .Select(field => $"{{\"{Escape(field[0].GetString()!)}\",{Inner(field[2])}}}");
        return $"[{string.Join(',', cells)}]";
    }

    private static string Inner(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => $"\"{Escape(value.GetString()!)}\"",
        JsonValueKind.Array => $"[{string.Join(',', value.EnumerateArray().Select(Inner))}]",
        _ => Of(value),
    };

    private static string Escape(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange('\0', '\u001f') && !text.Contains('\u007f', StringComparison.Ordinal))
            return text;
        var escaped = new StringBuilder(text.Length + 8);
        foreach (char letter in text)
        {
            if (letter is < ' ' or '\u007f')
                escaped.Append('\\').Append(Convert.ToString(letter, 8).PadLeft(3, '0'));
            else
                escaped.Append(letter);
        }
        return escaped.ToString();
    }
}
