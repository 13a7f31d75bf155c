using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Warren.Conformance.Wire;

namespace Warren.Conformance.Player;

/// <summary>
/// Reads the values that scenarios write: words, "quoted \x00 text", 255*n for a repeated text, true, numbers, tables
/// {name: int 5, other: "text"} and lists [byte 1, null]. Inside tables a bare number is a 32-bit integer.
/// </summary>
public sealed partial class Literal(string text)
{
    private int _position;

    /// <summary>Turns what follows "name=" into the value of a field of the given definition type.</summary>
    public static object ForField(string type, string raw) => type switch
    {
        "bit" => raw == "true" || (raw == "false" ? false : throw new FormatException($"{raw} is not true or false")),
        "shortstr" or "longstr" => Text(raw),
        "table" => new Literal(raw).Table(),
        _ => unchecked((long)ulong.Parse(raw, CultureInfo.InvariantCulture)),
    };

    /// <summary>The bytes of a word, a quoted text or a repetition.</summary>
    public static byte[] Text(string raw)
    {
        if (raw.StartsWith('"'))
            return new Literal(raw).Quoted();
        Match repetition = Repetition().Match(raw);
        if (!repetition.Success)
            return Encoding.UTF8.GetBytes(raw);
        byte[] piece = Encoding.UTF8.GetBytes(repetition.Groups[2].Value);
        byte[] bytes = new byte[piece.Length * int.Parse(repetition.Groups[1].Value, CultureInfo.InvariantCulture)];
        for (int i = 0; i < bytes.Length; i++)
            bytes[i] = piece[i % piece.Length];
        return bytes;
    }

    /// <summary>Cuts a line into words at blanks outside quotes and braces.</summary>
    public static List<string> Words(string line)
    {
        List<string> words = [];
        int depth = 0;
        bool quoted = false;
        int start = -1;
        for (int i = 0; i <= line.Length; i++)
        {
            char c = i < line.Length ? line[i] : ' ';
            bool ends = i == line.Length || (c == ' ' && depth == 0 && !quoted);
            if (ends)
            {
                if (start >= 0)
                    words.Add(line[start..i]);
                start = -1;
                continue;
            }

            if (start < 0)
                start = i;
            if (quoted && c == '\\')
                i++;
            else if (c == '"')
                quoted = !quoted;
            else if (!quoted)
                depth += c is '{' or '[' ? 1 : c is '}' or ']' ? -1 : 0;
        }

        return words;
    }

    /// <summary>Reads a table in braces.</summary>
    public FieldTable Table()
    {
        FieldTable table = new();
        Expect('{');
        while (!Accept('}'))
        {
            string name = Peek() == '"' ? Encoding.UTF8.GetString(Quoted()) : Bare();
            Expect(':');
            table.With(name, Value());
            Accept(',');
        }

        return table;
    }

    private FieldValue Value()
    {
        switch (Peek())
        {
            case '"': return new FieldValue('S', Quoted());
            case '{': return new FieldValue('F', Table());
            case '[':
                Expect('[');
                List<FieldValue> items = [];
                while (!Accept(']'))
                {
                    items.Add(Value());
                    Accept(',');
                }

                return new FieldValue('A', items);
            default:
                return Typed(Bare());
        }
    }

    private FieldValue Typed(string word) => word switch
    {
        "true" => FieldValue.Flag(true),
        "false" => FieldValue.Flag(false),
        "null" => new FieldValue('V', null),
        "sbyte" => new FieldValue('b', Integer(Bare())),
        "byte" => new FieldValue('B', Integer(Bare())),
        "short" => new FieldValue('s', Integer(Bare())),
        "ushort" => new FieldValue('u', Integer(Bare())),
        "int" => new FieldValue('I', Integer(Bare())),
        "uint" => new FieldValue('i', Integer(Bare())),
        "long" => new FieldValue('l', Integer(Bare())),
        "timestamp" => new FieldValue('T', Integer(Bare())),
        "float" => new FieldValue('f', float.Parse(Bare(), CultureInfo.InvariantCulture)),
        "double" => new FieldValue('d', double.Parse(Bare(), CultureInfo.InvariantCulture)),
        "decimal" => new FieldValue('D', ((byte)Integer(Bare()), (int)Integer(Bare()))),
        "bytes" => new FieldValue('x', Quoted()),
        _ when WholeNumber().IsMatch(word) => new FieldValue('I', Integer(word)),
        _ => FieldValue.Text(word),
    };

    private static long Integer(string word) => long.Parse(word, CultureInfo.InvariantCulture);

    private string Bare()
    {
        Peek();
        int start = _position;
        while (_position < text.Length && !" ,:{}[]\"".Contains(text[_position], StringComparison.Ordinal))
            _position++;
        return _position > start ? text[start.._position] : throw new FormatException($"a value was expected: {text}");
    }

    private byte[] Quoted()
    {
        Expect('"');
        MemoryStream bytes = new();
        while (text[_position] != '"')
        {
            char c = text[_position++];
            if (c != '\\')
            {
                int length = char.IsHighSurrogate(c) ? 2 : 1;
                bytes.Write(Encoding.UTF8.GetBytes(text.Substring(_position - 1, length)));
                _position += length - 1;
                continue;
            }

            c = text[_position++];
            switch (c)
            {
                case 'n': bytes.WriteByte((byte)'\n'); break;
                case '0': bytes.WriteByte(0); break;
                case 'x':
                    bytes.WriteByte(Convert.ToByte(text.Substring(_position, 2), 16));
                    _position += 2;
                    break;
                default: bytes.WriteByte((byte)c); break;
            }
        }

        _position++;
        return bytes.ToArray();
    }

    private char Peek()
    {
        while (_position < text.Length && text[_position] == ' ')
            _position++;
        return _position < text.Length ? text[_position] : '\0';
    }

    private bool Accept(char expected)
    {
        if (Peek() != expected)
            return false;
        _position++;
        return true;
    }

    private void Expect(char expected)
    {
        if (!Accept(expected))
            throw new FormatException($"'{expected}' was expected at {_position}: {text}");
    }

    [GeneratedRegex(@"^(\d+)\*(.+)$")]
    private static partial Regex Repetition();

    [GeneratedRegex(@"^-?\d+$")]
    private static partial Regex WholeNumber();
}
