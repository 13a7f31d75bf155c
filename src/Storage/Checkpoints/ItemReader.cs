namespace Warren.Storage.Checkpoints;

/// <summary>Reads what <see cref="ItemWriter"/> wrote. The bytes have passed their checksum.</summary>
internal sealed class ItemReader
{
    private ReadOnlyMemory<byte> _bytes;
    private int _at;

    public bool IsAtEnd => _at == _bytes.Length;

    public void Set(ReadOnlyMemory<byte> bytes)
    {
        _bytes = bytes;
        _at = 0;
    }

    public byte PeekByte() => _bytes.Span[_at];

    public byte Byte() => _bytes.Span[_at++];

    public long Number()
    {
        ReadOnlySpan<byte> bytes = _bytes.Span;
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte next = bytes[_at++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return (long)value;
        }
    }

    public Position Place() => new((uint)Number(), (uint)Number());

    public ReadOnlySpan<byte> Bytes()
    {
        int length = (int)Number();
        _at += length;
        return _bytes.Span.Slice(_at - length, length);
    }
}
