namespace Warren.Broker.Channels;

/// <summary>
/// Frames of a channel that waits, in order. The connection bounds their bytes. Owned by the connection's turn.
/// </summary>
internal sealed class DeferredFrames
{
    private readonly Queue<byte[]> _frames = new();
    private int _bytes;

    public void Add(ReadOnlySpan<byte> raw)
    {
        _frames.Enqueue(raw.ToArray());
        _bytes += raw.Length;
    }

    public bool TryPeek(out byte[] raw) => _frames.TryPeek(out raw!);

    /// <summary>Takes away what <see cref="TryPeek"/> showed.</summary>
    public void Remove() => _bytes -= _frames.Dequeue().Length;

    /// <summary>Drops all; returns how many bytes they were.</summary>
    public int Clear()
    {
        int bytes = _bytes;
        _frames.Clear();
        _bytes = 0;
        return bytes;
    }
}
