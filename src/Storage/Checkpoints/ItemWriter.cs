namespace Warren.Storage.Checkpoints;

/// <summary>Numbers and bytes into a buffer that grows.</summary>
internal sealed class ItemWriter
{
    private const int MostNumberBytes = 10;

    private byte[] _buffer = new byte[4096];

    public int Count { get; private set; }

    public ReadOnlyMemory<byte> Written => _buffer.AsMemory(0, Count);

    public void Clear() => Count = 0;

    public void Byte(byte value)
    {
        Ensure(1);
        _buffer[Count++] = value;
    }

    /// <summary>7 bits a byte, low first; negative numbers take ten bytes.</summary>
    public void Number(long value)
    {
        Ensure(MostNumberBytes);
        byte[] buffer = _buffer;
        int at = Count;
        ulong rest = (ulong)value;
        for (; rest >= 0x80; rest >>= 7)
            buffer[at++] = (byte)(rest | 0x80);
        buffer[at++] = (byte)rest;
        Count = at;
    }

    public void Place(Position position)
    {
        Number(position.Segment);
        Number(position.Offset);
    }

    /// <summary>Length and bytes.</summary>
    public void Bytes(ReadOnlySpan<byte> bytes)
    {
        Number(bytes.Length);
        Ensure(bytes.Length);
        bytes.CopyTo(_buffer.AsSpan(Count));
        Count += bytes.Length;
    }

    private void Ensure(int more)
    {
        if (_buffer.Length - Count < more)
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, Count + more));
    }
}
