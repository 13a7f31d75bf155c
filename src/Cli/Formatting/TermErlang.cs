using System.Text;
using System.Text.Json;

namespace Warren.Cli.Formatting;

/// <summary>A value as a term of Erlang's, without line breaks.</summary>
internal static class TermErlang
{
    public static string Of(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => Binary(value.GetString()!),
        JsonValueKind.Null or JsonValueKind.Undefined => "[]",
        JsonValueKind.Array => $"[{string.Join(',', value.EnumerateArray().Select(Of))}]",
        JsonValueKind.Object => OfObject(value),
        _ => value.GetRawText(),
    };

    /// <summary>An atom, in quotes where it needs them.</summary>
    public static string Atom(string name) =>
        name.Length > 0 && char.IsAsciiLetterLower(name[0])
        && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '@')
            ? name
            : $"'{name.Replace("'", "\\'", StringComparison.Ordinal)}'";

    private static string OfObject(JsonElement value)
    {
        if (!TermText.TryTagged(value, out string tag, out JsonElement inner))
        {
            return "[" + string.Join(
                ',', value.EnumerateObject().Select(member => $"{{{Atom(member.Name)},{Of(member.Value)}}}")) + "]";
        }
        return tag switch
        {
            "$atom" => Atom(inner.GetString()!),
            "$pid" => TermText.Pid(inner),
            "$tuple" => $"{{{string.Join(',', inner.EnumerateArray().Select(Of))}}}",
            "$table" => "[" + string.Join(
                ',',
                inner.EnumerateArray().Select(
                    field => $"{{{Of(field[0])},{field[1].GetString()},{Of(field[2])}}}")) + "]",
            _ => inner.GetRawText(),
        };
    }

    private static string Binary(string text)
    {
        var quoted = new StringBuilder(text.Length + 6).Append("<<\"");
        bool isWide = false;
        foreach (char letter in text)
        {
            isWide |= letter > 126;
            if (letter is '"' or '\\')
                quoted.Append('\\');
            quoted.Append(letter);
        }
        return quoted.Append(isWide ? "\"/utf8>>" : "\">>").ToString();
    }
}
