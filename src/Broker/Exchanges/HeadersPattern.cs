using Warren.Amqp;
using Warren.Broker.Topology;

namespace Warren.Broker.Exchanges;

/// <summary>
/// The arguments of a binding to a headers exchange, ready to be compared with headers as they lie on the wire. A void
/// argument asks only that the header is there. Names that begin with x- count in the modes with-x alone, and x-match
/// never. Without arguments that count, "all" matches everything and "any" nothing.
/// </summary>
internal sealed class HeadersPattern
{
    private readonly bool _isAny;
    private readonly byte[] _table;
    private readonly HeaderField[] _fields;

    public HeadersPattern(FieldTable arguments)
    {
        string mode = arguments.TryGetValue("x-match", out FieldValue match) && match.Kind == FieldKind.LongString
            ? match.AsText()
            : "all";
        _isAny = mode is "any" or "any-with-x";
        bool countsX = mode is "all-with-x" or "any-with-x";
        _table = Encode(arguments);
        var fields = new HeaderFields();
        fields.Scan(_table);
        var counting = new List<HeaderField>();
        foreach (HeaderField field in fields.AsSpan())
        {
            ReadOnlySpan<byte> name = field.NameIn(_table);
            if (countsX ? !name.SequenceEqual("x-match"u8) : !name.StartsWith("x-"u8))
                counting.Add(field);
        }
        _fields = [.. counting];
    }

    /// <summary>Whether a message with these headers, scanned, matches.</summary>
    public bool Matches(ReadOnlySpan<byte> table, HeaderFields headers)
    {
        foreach (HeaderField wanted in _fields)
        {
            bool matches = headers.TryFind(table, wanted.NameIn(_table), out HeaderField found)
                && (wanted.Kind == FieldKind.Void || HeaderField.SameValue(wanted, _table, found, table));
            if (matches == _isAny)
                return _isAny;
        }
        return !_isAny;
    }

    private static byte[] Encode(FieldTable arguments)
    {
        var bytes = new byte[arguments.EncodedSizeBytes];
        var writer = new WireWriter(bytes);
        writer.WriteTable(arguments);
        return bytes;
    }
}
