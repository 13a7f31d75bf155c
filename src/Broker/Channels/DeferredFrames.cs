namespace Warren.Broker.Channels;

/// <summary>
/// Frames of a channel that waits, in order. The connection bounds their bytes. Owned by the connection's turn.
/// </summary>
internal sealed class DeferredFrames
{
    private readonly Queue<byte[]> _frames = new();
    private byte[]? _front;
    private int _bytes;

    public int Count => _frames.Count + (_front is null ? 0 : 1);

    public void Add(ReadOnlySpan<byte> raw)
    {
        _frames.Enqueue(raw.ToArray());
        _bytes += raw.Length;
    }

    /// <summary>Puts back what was taken away last, or came before all that is here.</summary>
    public void AddFirst(ReadOnlySpan<byte> raw)
    {
        if (_front is not null)
            throw new InvalidOperationException("Two frames are put back.");
        _front = raw.ToArray();
        _bytes += raw.Length;
    }

    public bool TryPeek(out byte[] raw)
    {
        raw = _front!;
        return _front is not null || _frames.TryPeek(out raw!);
    }

    /// <summary>Takes away what <see cref="TryPeek"/> showed.</summary>
    public void Remove()
    {
        _bytes -= (_front ?? _frames.Dequeue()).Length;
        _front = null;
    }

    /// <summary>Drops all; returns how many bytes they were.</summary>
    public int Clear()
    {
        int bytes = _bytes;
        _frames.Clear();
        _front = null;
        _bytes = 0;
        return bytes;
    }
}
