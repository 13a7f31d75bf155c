namespace Warren.Storage.Checkpoints;

/// <summary>Reads what <see cref="ItemWriter"/> wrote. The bytes have passed their checksum.</summary>
internal sealed class ItemReader
{
    private byte[] _bytes = [];
    private int _count;
    private int _at;

    public bool IsAtEnd => _at == _count;

    /// <summary>The first bytes of an array, which must not change while they are read.</summary>
    public void Set(byte[] bytes, int count)
    {
        _bytes = bytes;
        _count = count;
        _at = 0;
    }

    public byte PeekByte() => _bytes[_at];

    public byte Byte() => _bytes[_at++];

    public long Number()
    {
        byte[] bytes = _bytes;
        int at = _at;
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte next = bytes[at++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next >= 0x80)
                continue;
            _at = at;
            return (long)value;
        }
    }

    public Position Place() => new((uint)Number(), (uint)Number());

    public ReadOnlySpan<byte> Bytes()
    {
        int length = (int)Number();
        _at += length;
        return _bytes.AsSpan(_at - length, length);
    }
}
