using System.Buffers.Binary;

namespace Warren.Cluster.Links;

/// <summary>
/// The frames of one class that wait to be written, and how much of them the other side allows: credit is a count of
/// bytes since the link began, so that no grant can be counted twice. Guarded by the lock of <see cref="LinkOutbox"/>.
/// </summary>
internal sealed class SendQueue(int limitBytes)
{
    private readonly ByteRing _frames = new(limitBytes);
    private int _headBytes;
    private long _sentBytes;
    private long _allowedBytes;

    public int WaitingBytes => _frames.Count;

    /// <summary>Somebody was turned away and wants to hear of room.</summary>
    public bool IsAwaited { get; private set; }

    /// <summary>How much of other classes went by while this one could have been written.</summary>
    public int PassedBytes { get; set; }

    /// <summary>Something waits and may be sent.</summary>
    public bool IsReady => _headBytes > 0 && _sentBytes + _headBytes <= _allowedBytes;

    /// <summary>Bytes of the frame at the head; 0: none.</summary>
    public int HeadBytes => _headBytes;

    public bool TryAdd(ReadOnlySpan<byte> header, ReadOnlySpan<byte> body)
    {
        if (header.Length + body.Length > _frames.FreeBytes)
        {
            IsAwaited = true;
            return false;
        }
        _frames.Add(header, body);
        if (_headBytes == 0)
            _headBytes = header.Length + body.Length;
        return true;
    }

    /// <summary>Takes the frame at the head.</summary>
    public void Take(Span<byte> target)
    {
        _frames.Take(target[.._headBytes]);
        _sentBytes += _headBytes;
        _headBytes = NextBytes();
        PassedBytes = 0;
    }

    /// <summary>A grant never takes back what was granted.</summary>
    public void Allow(long allowedBytes) => _allowedBytes = Math.Max(_allowedBytes, allowedBytes);

    /// <summary>True once when there is room again for whoever was turned away.</summary>
    public bool TakeRoom()
    {
        if (!IsAwaited || _frames.Count > limitBytes / 2)
            return false;
        IsAwaited = false;
        return true;
    }

    /// <summary>Now and then: gives memory back that is not used any more.</summary>
    public void Trim() => _frames.Trim();

    public void Clear()
    {
        _frames.Clear();
        _headBytes = 0;
        IsAwaited = false;
    }

    private int NextBytes()
    {
        if (_frames.Count == 0)
            return 0;
        Span<byte> header = stackalloc byte[LinkFrame.HeaderBytes];
        _frames.Peek(header);
        return LinkFrame.HeaderBytes + BinaryPrimitives.ReadInt32LittleEndian(header[4..]);
    }
}
