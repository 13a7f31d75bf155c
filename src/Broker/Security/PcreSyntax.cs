using System.Text;

namespace Warren.Broker.Security;

/// <summary>
/// Rewrites the spellings of PCRE that .NET would read as something else without complaint: POSIX classes
/// (<c>[[:alpha:]]</c>), a bracket inside a class (.NET subtracts), <c>\Q...\E</c>, and <c>\d \w \s</c>, which mean
/// ASCII in Erlang. Spellings that .NET does not know are left alone: compiling them reports an error.
/// </summary>
internal static class PcreSyntax
{
    private const string Space = @"\t\n\v\f\r\x20";

    public static string Translate(string pattern)
    {
        if (pattern.AsSpan().IndexOfAny('[', '\\') < 0)
            return pattern;
        var translated = new StringBuilder(pattern.Length + 16);
        int at = 0;
        while (at < pattern.Length)
        {
            at = pattern[at] switch
            {
                '\\' => Escape(pattern, at, insideClass: false, translated),
                '[' => Class(pattern, at, translated),
                _ => Copy(pattern, at, translated),
            };
        }

        return translated.ToString();
    }

    private static int Copy(string pattern, int at, StringBuilder translated)
    {
        translated.Append(pattern[at]);
        return at + 1;
    }

    private static int Class(string pattern, int at, StringBuilder translated)
    {
        int next = Copy(pattern, at, translated);
        if (next < pattern.Length && pattern[next] == '^')
            next = Copy(pattern, next, translated);
        if (next < pattern.Length && pattern[next] == ']')
        {
            // First in a class a closing bracket stands for itself.
            translated.Append(@"\]");
            next++;
        }

        while (next < pattern.Length)
        {
            switch (pattern[next])
            {
                case ']':
                    return Copy(pattern, next, translated);
                case '\\':
                    next = Escape(pattern, next, insideClass: true, translated);
                    break;
                case '[':
                    next = Posix(pattern, next, translated);
                    break;
                default:
                    next = Copy(pattern, next, translated);
                    break;
            }
        }

        return next;
    }

    private static int Posix(string pattern, int at, StringBuilder translated)
    {
        int end = pattern.AsSpan(at).StartsWith("[:") ? pattern.IndexOf(":]", at + 2, StringComparison.Ordinal) : -1;
        string? members = end < 0 ? null : PosixMembers(pattern[(at + 2)..end]);
        if (members is null)
        {
            translated.Append(@"\[");
            return at + 1;
        }

        translated.Append(members);
        return end + 2;
    }

    private static string? PosixMembers(string name) => name switch
    {
        "alnum" => "a-zA-Z0-9",
        "alpha" => "a-zA-Z",
        "ascii" => @"\x00-\x7f",
        "blank" => @"\t\x20",
        "cntrl" => @"\x00-\x1f\x7f",
        "digit" => "0-9",
        "graph" => @"\x21-\x7e",
        "lower" => "a-z",
        "print" => @"\x20-\x7e",
        "punct" => @"\x21-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e",
        "space" => Space,
        "upper" => "A-Z",
        "word" => "a-zA-Z0-9_",
        "xdigit" => "0-9a-fA-F",
        _ => null,
    };

    private static int Escape(string pattern, int at, bool insideClass, StringBuilder translated)
    {
        if (at + 1 == pattern.Length)
            return Copy(pattern, at, translated);
        char escaped = pattern[at + 1];
        if (escaped == 'Q')
            return Quoted(pattern, at + 2, translated);
        string? members = escaped switch
        {
            'd' => "0-9",
            'w' => "a-zA-Z0-9_",
            's' => Space,
            'D' when !insideClass => "^0-9",
            'W' when !insideClass => "^a-zA-Z0-9_",
            'S' when !insideClass => "^" + Space,
            _ => null,
        };
        if (members is null)
            translated.Append('\\').Append(escaped);
        else if (insideClass)
            translated.Append(members);
        else
            translated.Append('[').Append(members).Append(']');
        return at + 2;
    }

    private static int Quoted(string pattern, int at, StringBuilder translated)
    {
        int end = pattern.IndexOf(@"\E", at, StringComparison.Ordinal);
        string literal = end < 0 ? pattern[at..] : pattern[at..end];
        foreach (char character in literal)
        {
            if (char.IsAscii(character) && !char.IsAsciiLetterOrDigit(character))
                translated.Append(@"\x").Append(((int)character).ToString("x2", null));
            else
                translated.Append(character);
        }

        return end < 0 ? pattern.Length : end + 2;
    }
}
