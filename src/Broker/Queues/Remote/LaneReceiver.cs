namespace Warren.Broker.Queues.Remote;

/// <summary>
/// The other end of a <see cref="LaneSender"/>: takes the next number only, so that nothing is taken twice or out of
/// turn, and says how far it has come, not with each frame but soon. Owned by the turn of its stand-in or visit.
/// </summary>
internal sealed class LaneReceiver
{
    /// <summary>
    /// A receipt is due after so many frames or bytes: what the other side keeps meanwhile is little, and one receipt
    /// for so many costs nothing.
    /// </summary>
    private const int MostFramesUntold = 32;
    private const int MostBytesUntold = 128 * 1024;

    private long _told;
    private LongItem? _partial;
    private int _untoldBytes;

    /// <summary>The number of the last frame that was taken.</summary>
    public long Received { get; private set; }

    /// <summary>Bytes of all frames that were taken.</summary>
    public long ReceivedBytes { get; private set; }

    /// <summary>The other side should be told now.</summary>
    public bool IsReceiptDue { get; private set; }

    /// <summary>The other side does not know all; it may be told with the next tick.</summary>
    public bool IsUntold => Received > _told;

    /// <summary>Whether a frame of this number is to be handled now.</summary>
    public bool Takes(long number, int sizeBytes)
    {
        if (number != Received + 1)
        {
            // It has come before, and the receipt was lost; what is ahead comes again when the link is known here.
            IsReceiptDue |= number <= Received;
            return false;
        }
        Received = number;
        ReceivedBytes += sizeBytes;
        _untoldBytes += sizeBytes;
        IsReceiptDue |= Received - _told >= MostFramesUntold || _untoldBytes >= MostBytesUntold;
        return true;
    }

    /// <summary>A frame of one item that goes on in the next.</summary>
    /// <param name="item">The fixed part, and the first piece.</param>
    /// <param name="headBytes">Of the fixed part.</param>
    /// <param name="mostBytes">No message is longer.</param>
    /// <exception cref="FormatException">It is none.</exception>
    public void BeginLong(ReadOnlySpan<byte> item, int headBytes, long mostBytes)
    {
        if (_partial is not null)
            throw new FormatException("a long message begins within another");
        _partial = new LongItem(item, headBytes, mostBytes);
    }

    /// <summary>The next piece of it; the whole when that was the last.</summary>
    /// <exception cref="FormatException">It does not fit.</exception>
    public LongItem? GoOnWithLong(ReadOnlySpan<byte> piece, bool isLast)
    {
        if (_partial is not { } partial || piece.Length > partial.MissingBytes
            || isLast != (piece.Length == partial.MissingBytes))
            throw new FormatException("a piece of a long message does not fit");
        partial.Append(piece);
        if (!isLast)
            return null;
        _partial = null;
        return partial;
    }

    public void Told()
    {
        _told = Received;
        _untoldBytes = 0;
        IsReceiptDue = false;
    }

    /// <summary>The line is over.</summary>
    public void Clear()
    {
        _partial = null;
        Received = 0;
        ReceivedBytes = 0;
        Told();
    }
}
