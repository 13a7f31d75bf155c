using System.Globalization;
using System.Text;
using Warren.Amqp;

namespace Warren.Broker.Arguments;

/// <summary>
/// Values as Erlang prints them (<c>~p</c>), because RabbitMQ's texts hold them and people search for those texts.
/// </summary>
internal static class ErlangTerm
{
    /// <summary>A binary: <c>&lt;&lt;"text"&gt;&gt;</c>, or its octets when they are not printable.</summary>
    public static string Binary(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return "<<>>";
        return IsPrintable(bytes) ? $"<<{Quoted(bytes)}>>" : $"<<{Octets(bytes)}>>";
    }

    /// <summary>
    /// A list of octets, which Erlang takes for a string when it can: <c>"text"</c> or <c>[1,2]</c>.
    /// </summary>
    public static string List(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return "[]";
        return IsPrintable(bytes) ? Quoted(bytes) : $"[{Octets(bytes)}]";
    }

    /// <summary>Text as a binary.</summary>
    public static string Text(string text) => Binary(Encoding.UTF8.GetBytes(text));

    /// <summary>A value that came as JSON, as Erlang keeps those: strings are binaries, objects are maps.</summary>
    public static string Json(FieldValue value) => value.Kind switch
    {
        FieldKind.Array => JsonList(value.AsArray()),
        FieldKind.Table => $"#{{{string.Join(',', value.AsTable().Select(field =>
            $"{Text(field.Key)} => {Json(field.Value)}"))}}}",
        FieldKind.Void => "null",
        _ => Value(value),
    };

    /// <summary>A field's value without its type.</summary>
    public static string Value(FieldValue value) => value.Kind switch
    {
        FieldKind.LongString or FieldKind.ByteArray => Binary(value.AsBytes()),
        FieldKind.Float or FieldKind.Double => Float(value.AsDouble()),
        FieldKind.Decimal => $"{{{value.AsDecimal().Scale},{value.AsDecimal().Unscaled}}}",
        FieldKind.Array => $"[{string.Join(',', value.AsArray().Select(Typed))}]",
        FieldKind.Table => Table(value.AsTable()),
        _ => value.ToString(),
    };

    /// <summary>A field's type and value: <c>{longstr,&lt;&lt;"text"&gt;&gt;}</c>.</summary>
    public static string Typed(FieldValue value) => $"{{{value.RabbitMqTypeName},{Value(value)}}}";

    // Erlang takes a list of numbers for a string when it can.
    private static string JsonList(FieldArray list)
    {
        var octets = new List<byte>(list.Count);
        foreach (FieldValue value in list)
        {
            if (value.TryGetInteger(out long number) && number is >= 0 and <= byte.MaxValue)
                octets.Add((byte)number);
        }
        return octets.Count == list.Count
            ? List(octets.ToArray())
            : $"[{string.Join(',', list.Select(Json))}]";
    }

    private static string Table(FieldTable table) =>
        $"[{string.Join(',', table.Select(field =>
            $"{{{Binary(Encoding.UTF8.GetBytes(field.Key))},{field.Value.RabbitMqTypeName},{Value(field.Value)}}}"))}]";

    // The shortest digits that read back the same, and always a point.
    private static string Float(double value)
    {
        string text = value.ToString("R", CultureInfo.InvariantCulture).Replace('E', 'e');
        int exponent = text.IndexOf('e', StringComparison.Ordinal);
        if (text.Contains('.', StringComparison.Ordinal))
            return text;
        return exponent < 0 ? text + ".0" : text.Insert(exponent, ".0");
    }

    private static bool IsPrintable(ReadOnlySpan<byte> bytes)
    {
        foreach (byte octet in bytes)
        {
            if (octet is not ((>= 32 and < 127) or >= 160 or (>= 8 and <= 13) or 27))
                return false;
        }

        return true;
    }

    private static string Quoted(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length + 2).Append('"');
        foreach (byte octet in bytes)
        {
            text.Append(octet switch
            {
                (byte)'"' => "\\\"",
                (byte)'\\' => "\\\\",
                8 => "\\b",
                9 => "\\t",
                10 => "\\n",
                11 => "\\v",
                12 => "\\f",
                13 => "\\r",
                27 => "\\e",
                _ => ((char)octet).ToString(),
            });
        }

        return text.Append('"').ToString();
    }

    private static string Octets(ReadOnlySpan<byte> bytes) => string.Join(',', bytes.ToArray());
}
