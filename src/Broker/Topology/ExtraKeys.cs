using System.Text;
using Warren.Amqp;
using Warren.Broker.Exchanges;

namespace Warren.Broker.Topology;

/// <summary>
/// The routing keys that a sender adds by the headers CC and BCC: arrays of long strings, other items are passed over.
/// Scratch memory of a <see cref="RouteSet"/>; keys lie one after the other in one buffer.
/// </summary>
internal sealed class ExtraKeys
{
    private char[] _characters = [];
    private int[] _ends = [];

    public int Count { get; private set; }

    public ReadOnlySpan<char> this[int index] => _characters.AsSpan(Start(index).._ends[index]);

    public void Clear() => Count = 0;

    /// <summary>Reads the keys of a header table (with its length), which was checked before.</summary>
    public void ReadFrom(ReadOnlySpan<byte> headersTable, HeaderFields fields)
    {
        // Both names hold these two letters, which hardly any message's headers do.
        if (headersTable.IndexOf("CC"u8) < 0)
            return;
        fields.Scan(headersTable);
        ReadHeader(headersTable, fields, "CC"u8);
        ReadHeader(headersTable, fields, "BCC"u8);
    }

    private void ReadHeader(ReadOnlySpan<byte> headersTable, HeaderFields fields, ReadOnlySpan<byte> name)
    {
        if (!fields.TryFind(headersTable, name, out HeaderField field) || field.Kind != FieldKind.Array)
            return;
        var reader = new WireReader(field.ValueIn(headersTable));
        while (reader.Remaining > 0)
        {
            FieldKind kind = HeaderField.ReadValue(ref reader, out int sizeBytes);
            if (kind == FieldKind.LongString)
                Add(field.ValueIn(headersTable).Slice(reader.Position - sizeBytes, sizeBytes));
        }
    }

    private void Add(ReadOnlySpan<byte> key)
    {
        int start = Start(Count);
        int size = start + Encoding.UTF8.GetCharCount(key);
        if (size > _characters.Length)
            Array.Resize(ref _characters, Math.Max(size, 256));
        if (Count == _ends.Length)
            Array.Resize(ref _ends, Math.Max(8, Count * 2));
        _ends[Count++] = start + Encoding.UTF8.GetChars(key, _characters.AsSpan(start));
    }

    private int Start(int index) => index == 0 ? 0 : _ends[index - 1];
}
