namespace Warren.Cluster.Links;

/// <summary>
/// How much the other side may send of each class: what has been given back, and a window on top. So no more than the
/// window of a class is ever received and not given back. All counts are bytes since the link began.
/// </summary>
internal sealed class LinkInflow
{
    private const int Classes = (int)LinkClass.Bulk + 1;

    private readonly Lock _lock = new();
    private readonly long _windowBytes;
    private readonly long[] _received = new long[Classes];
    private readonly long[] _returned = new long[Classes];
    private readonly long[] _allowed = new long[Classes];

    public LinkInflow(LinkOptions options)
    {
        _windowBytes = options.WindowBytes;
        Array.Fill(_allowed, _windowBytes);
    }

    /// <summary>Counts a frame in; false if the other side had no credit for it. For the reader loop alone.</summary>
    public bool TryReceive(LinkClass linkClass, int sizeBytes)
    {
        _received[(int)linkClass] += sizeBytes;
        return _received[(int)linkClass] <= Volatile.Read(ref _allowed[(int)linkClass]);
    }

    /// <summary>
    /// Gives bytes back. Returns the new allowance when it has grown by a quarter of the window, which is soon enough
    /// to keep a sender going and seldom enough to cost nothing; else 0.
    /// </summary>
    public long Return(LinkClass linkClass, int sizeBytes)
    {
        int index = (int)linkClass;
        lock (_lock)
        {
            _returned[index] += sizeBytes;
            long allowed = _returned[index] + _windowBytes;
            if (allowed - _allowed[index] < _windowBytes / 4)
                return 0;
            Volatile.Write(ref _allowed[index], allowed);
            return allowed;
        }
    }
}
