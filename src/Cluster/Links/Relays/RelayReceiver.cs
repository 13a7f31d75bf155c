namespace Warren.Cluster.Links;

/// <summary>
/// Takes what one node sends through others: each stream from its first frame on and without a gap, the latest stream
/// only, none while there is a direct link, and none that is older than the last direct link. So frames never come out
/// of order or twice, whatever ways they took; at a change of the way some may be lost, as when a link ends.
/// Frames are handed over under the lock, since those of two streams come on the loops of two links.
/// </summary>
internal sealed class RelayReceiver
{
    private readonly Lock _lock = new();
    private long _boot;
    private long _stream;
    private long _number;
    private bool _isDirect;

    /// <summary>A direct link begins, before its first frame is handed over, or ended, after its last.</summary>
    public void SetDirect(bool isDirect)
    {
        lock (_lock)
            _isDirect = isDirect;
    }

    /// <summary>Streams up to this one are older than the direct link that says so.</summary>
    public void SetOldest(long boot, long stream)
    {
        lock (_lock)
        {
            if (boot < _boot || (boot == _boot && stream < _stream))
                return;
            _boot = boot;
            _stream = stream;
            _number = long.MaxValue;
        }
    }

    /// <summary>Hands the frame over if it is the next one; false: the sender must begin a new stream.</summary>
    public bool TryTake(in RelayHeader header, LinkFrameHandler handler, in PeerFrame frame)
    {
        lock (_lock)
        {
            if (_isDirect || header.Boot < _boot || (header.Boot == _boot && header.Stream < _stream))
                return false;
            bool isNew = header.Boot > _boot || header.Stream > _stream;
            if (isNew ? header.Number != 1 : _number == long.MaxValue || header.Number != _number + 1)
            {
                // The rest of this stream is not taken either.
                if (isNew || header.Number > _number)
                    Close(header);
                return false;
            }
            _boot = header.Boot;
            _stream = header.Stream;
            _number = header.Number;
            handler(frame);
            return true;
        }
    }

    private void Close(in RelayHeader header)
    {
        _boot = header.Boot;
        _stream = header.Stream;
        _number = long.MaxValue;
    }
}
