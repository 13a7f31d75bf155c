using Warren.Storage.Disk;

namespace Warren.Storage.Log;

/// <summary>
/// Two files that are there to be deleted when the disk is full, so that what gives space back still finds some: the
/// releases that consumers append, and the checkpoints by which reclaim learns of them. Each has its own, since the one
/// is of no use without the other. They hold nothing, and their names need not be durable: a crash may bring one back
/// or take it along.
/// The committer and the background thread each give up their own, the committer makes both anew.
/// </summary>
internal sealed class SpaceReserve
{
    private const string LogPath = "reserve.log";

    private const string BackgroundPath = "reserve.background";

    private readonly IDisk _disk;
    private readonly SegmentTable _segments;
    private readonly long _partBytes;
    private readonly long _roomBytes;
    private volatile bool _hasLogPart;
    private volatile bool _hasBackgroundPart;

    /// <param name="disk">The node's.</param>
    /// <param name="options">Sizes.</param>
    /// <param name="segments">Those of the disk.</param>
    public SpaceReserve(IDisk disk, NodeLogOptions options, SegmentTable segments)
    {
        _disk = disk;
        _segments = segments;
        _partBytes = options.ReserveBytes / 2;
        _roomBytes = options.SegmentBytes;
        _hasLogPart = IsThere(LogPath);
        _hasBackgroundPart = IsThere(BackgroundPath);
    }

    /// <summary>Nothing of it was given up. Any thread.</summary>
    public bool IsWhole => _hasLogPart && _hasBackgroundPart;

    /// <summary>The log found no space: whether there may be some now.</summary>
    public bool TryFreeForLog()
    {
        if (TryDeleteSpares())
            return true;
        if (_partBytes == 0 || !_hasLogPart)
            return false;
        _hasLogPart = false;
        return TryDelete(LogPath);
    }

    /// <summary>Checkpoints or reclaim found no space: whether there may be some now.</summary>
    public bool TryFreeForBackground()
    {
        if (TryDeleteSpares())
            return true;
        if (_partBytes == 0 || !_hasBackgroundPart)
            return false;
        _hasBackgroundPart = false;
        return TryDelete(BackgroundPath);
    }

    /// <summary>Why it could not be made anew; null if it was not tried, or is whole.</summary>
    public string? Shortage { get; private set; }

    /// <summary>
    /// Makes anew what was given up, when there is room for it and for one segment more, so that it is not given up
    /// again at once. Whether it is whole.
    /// </summary>
    public bool TryRestore()
    {
        if (IsWhole)
            return true;
        try
        {
            long missing = (_hasLogPart ? 0 : _partBytes) + (_hasBackgroundPart ? 0 : _partBytes);
            if (_disk.FreeBytes is var freeBytes && freeBytes < missing + _roomBytes)
            {
                Shortage = $"{freeBytes} bytes free, and {missing + _roomBytes} are needed to go on";
                return false;
            }
            _hasLogPart = _hasLogPart || Make(LogPath);
            _hasBackgroundPart = _hasBackgroundPart || Make(BackgroundPath);
            Shortage = null;
        }
        catch (DiskException error)
        {
            // It is tried again: nothing depends on it but what happens when the disk is full.
            Shortage = error.Message;
        }
        return IsWhole;
    }

    private bool TryDeleteSpares()
    {
        try
        {
            return SegmentFiles.DeleteSpares(_disk, _segments);
        }
        catch (DiskException)
        {
            return false;
        }
    }

    private bool TryDelete(string path)
    {
        try
        {
            _disk.Delete(path);
            // Where names are journaled, blocks are free only when this is durable.
            _disk.SyncDirectory("");
            return true;
        }
        catch (DiskException)
        {
            return false;
        }
    }

    private bool Make(string path)
    {
        _disk.Delete(path);
        _disk.Create(path, _partBytes).Dispose();
        return true;
    }

    private bool IsThere(string path)
    {
        if (_partBytes == 0)
            return true;
        if (!_disk.List("").Contains(path))
            return false;
        using (IDiskFile file = _disk.Open(path))
        {
            if (file.LengthBytes >= _partBytes)
                return true;
        }
        // What a crash has cut, or a smaller disk had, takes space and is of no use.
        _disk.Delete(path);
        return false;
    }
}
