using Warren.Amqp;

namespace Warren.Broker.Exchanges;

/// <summary>
/// The places of the fields in one message's header table: scratch memory of a route, worked out at the first question
/// and kept until the next message.
/// </summary>
internal sealed class HeaderFields
{
    private HeaderField[] _fields = new HeaderField[16];
    private int _count;
    private bool _isScanned;

    public void Clear() => _isScanned = false;

    /// <summary>
    /// Notes where the fields of a table (with its length; empty is none) lie, unless that was done before.
    /// </summary>
    public void Scan(ReadOnlySpan<byte> table)
    {
        if (_isScanned)
            return;
        _isScanned = true;
        _count = 0;
        if (table.IsEmpty)
            return;
        var reader = new WireReader(table);
        reader.ReadLong();
        while (reader.Remaining > 0)
        {
            int nameSizeBytes = reader.ReadShortString().Length;
            int nameAt = reader.Position - nameSizeBytes;
            FieldKind kind = HeaderField.ReadValue(ref reader, out int sizeBytes);
            if (_count == _fields.Length)
                Array.Resize(ref _fields, _count * 2);
            _fields[_count++] = new(nameAt, nameSizeBytes, kind, reader.Position - sizeBytes, sizeBytes);
        }
    }

    public ReadOnlySpan<HeaderField> AsSpan() => _fields.AsSpan(0, _count);

    /// <summary>The last field of a name, as a name that comes twice has its last value.</summary>
    public bool TryFind(ReadOnlySpan<byte> table, ReadOnlySpan<byte> name, out HeaderField field)
    {
        for (int i = _count - 1; i >= 0; i--)
        {
            if (_fields[i].NameSizeBytes == name.Length && _fields[i].NameIn(table).SequenceEqual(name))
            {
                field = _fields[i];
                return true;
            }
        }
        field = default;
        return false;
    }
}
