namespace Warren.Broker.Messages;

/// <summary>
/// Appends the messages of one connection to its current slab. Owned by the connection's turn.
/// It takes references in advance, by the thousand, and hands them out with the messages, so that publishing costs no
/// interlocked operation; what is left over goes back when the slab is full.
/// </summary>
internal sealed class SlabWriter
{
    private const int AdvanceReferences = 1 << 20;

    /// <summary>
    /// The first slab: who publishes once an hour pins no more. Each next one is four times as large.
    /// </summary>
    private const int FirstSlabBytes = 2048;

    private readonly SlabPool _pool;
    private Slab? _slab;
    private int _advance;
    private int _nextSlabBytes = FirstSlabBytes;

    public SlabWriter(SlabPool pool) => _pool = pool;

    /// <summary>Stores a message whose body is at hand; the result carries one reference.</summary>
    public Message Append(ReadOnlySpan<byte> envelope, ReadOnlySpan<byte> properties, ReadOnlySpan<byte> body)
    {
        int sizeBytes = envelope.Length + properties.Length + body.Length;
        Slab slab = sizeBytes <= SlabPool.SlabSizeBytes ? SharedSlab(sizeBytes) : _pool.Rent(sizeBytes);
        int offset = slab.UsedBytes;
        Span<byte> room = slab.Bytes.AsSpan(offset);
        envelope.CopyTo(room);
        properties.CopyTo(room[envelope.Length..]);
        body.CopyTo(room[(envelope.Length + properties.Length)..]);
        slab.UsedBytes = offset + sizeBytes;
        return new Message(slab, offset, envelope.Length, properties.Length, body.Length);
    }

    /// <summary>More references of a message that goes to several places.</summary>
    public void AddReferences(Slab slab, int count)
    {
        if (ReferenceEquals(slab, _slab) && _advance > count)
            _advance -= count;
        else
            slab.AddReferences(count);
    }

    /// <summary>Lets go of the current slab: the connection is idle or over.</summary>
    public void Retire()
    {
        if (_slab is null)
            return;
        _slab.Release(_advance);
        _slab = null;
        _advance = 0;
    }

    private Slab SharedSlab(int sizeBytes)
    {
        if (_slab is null || _slab.FreeBytes < sizeBytes || _advance < 2)
        {
            Retire();
            _slab = _pool.Rent(Math.Max(sizeBytes, _nextSlabBytes));
            _nextSlabBytes = Math.Min(_nextSlabBytes * 4, SlabPool.SlabSizeBytes);
            _slab.AddReferences(AdvanceReferences - 1);
            _advance = AdvanceReferences;
        }
        _advance--;
        return _slab;
    }
}
