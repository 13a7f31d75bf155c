using Warren.Broker.Messages;

namespace Warren.Broker.Queues.Remote;

/// <summary>
/// A message that comes in pieces: its fixed part, and what has come of its bytes. Room is made as they come, since how
/// many there will be is only the other side's word.
/// </summary>
internal sealed class LongItem
{
    private readonly int _totalBytes;
    private byte[] _bytes;
    private int _usedBytes;

    /// <param name="item">The fixed part, sizes at its end, and the first piece.</param>
    /// <param name="headBytes">Of the fixed part.</param>
    /// <param name="mostBytes">No message is longer.</param>
    /// <exception cref="FormatException">It is whole, or makes no sense.</exception>
    public LongItem(ReadOnlySpan<byte> item, int headBytes, long mostBytes)
    {
        var reader = new LineReader(item, headBytes - MessageSizes.SizeBytes);
        _totalBytes = MessageSizes.Read(ref reader).TotalBytes;
        ReadOnlySpan<byte> piece = item[reader.At..];
        if (_totalBytes <= piece.Length || _totalBytes > mostBytes)
            throw new FormatException($"a message of {_totalBytes} bytes is said to come in pieces");
        Head = item[..reader.At].ToArray();
        _bytes = GC.AllocateUninitializedArray<byte>((int)Math.Min(_totalBytes, 2L * piece.Length));
        Append(piece);
    }

    public byte[] Head { get; }

    public int MissingBytes => _totalBytes - _usedBytes;

    /// <summary>The next piece, of at most <see cref="MissingBytes"/>.</summary>
    public void Append(ReadOnlySpan<byte> piece)
    {
        if (piece.Length > _bytes.Length - _usedBytes)
        {
            long wantedBytes = Math.Max(2L * _bytes.Length, (long)_usedBytes + piece.Length);
            byte[] larger = GC.AllocateUninitializedArray<byte>((int)Math.Min(_totalBytes, wantedBytes));
            _bytes.AsSpan(0, _usedBytes).CopyTo(larger);
            _bytes = larger;
        }
        piece.CopyTo(_bytes.AsSpan(_usedBytes));
        _usedBytes += piece.Length;
    }

    /// <summary>A slab of the whole, with one reference; once, when nothing is missing.</summary>
    public Slab ToSlab(SlabPool slabs) => slabs.Adopt(_bytes);
}
