using System.Buffers.Binary;

namespace Warren.Broker.Queues.Remote;

/// <summary>Reads items. A peer is authenticated, but what it sends is checked before anything is believed.</summary>
internal ref struct LineReader(ReadOnlySpan<byte> bytes, int at)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    public int At { get; private set; } = at;

    public readonly bool IsAtEnd => At == _bytes.Length;

    public byte Byte() => Take(1)[0];

    public ushort UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

    public int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));

    public long Int64() => BinaryPrimitives.ReadInt64LittleEndian(Take(8));

    public Guid Identity() => new(Take(16), bigEndian: true);

    /// <exception cref="FormatException">There are not so many.</exception>
    public ReadOnlySpan<byte> Take(int count)
    {
        // A reader may begin behind the end.
        if (count < 0 || count > _bytes.Length - At)
            throw new FormatException($"an item of a line ends {count} bytes too early");
        ReadOnlySpan<byte> taken = _bytes.Slice(At, count);
        At += count;
        return taken;
    }
}
