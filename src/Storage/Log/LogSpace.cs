using Warren.Storage.Disk;

namespace Warren.Storage.Log;

/// <summary>
/// What the log does when the disk is full, and what it says of it: gives up the reserve, and has publishers held back
/// until that is whole again, since what they send would take what consumers need to make room.
/// </summary>
internal sealed class LogSpace(SpaceReserve reserve, IStorageWatcher watcher)
{
    private bool _isOutOfSpace;
    private volatile bool _isStuck;

    /// <summary>What is kept for a full disk was given up, or could not be made. Any thread.</summary>
    public bool IsShort => !reserve.IsWhole;

    /// <summary>A round has found no space, although the log's part of the reserve was given up. Any thread.</summary>
    public bool IsStuck => _isStuck;

    /// <summary>A round found no space: whether there may be some now. Called by the committer.</summary>
    public bool TryFree(DiskException error)
    {
        bool isFreed = reserve.TryFreeForLog();
        _isStuck = !isFreed;
        if (_isStuck || IsShort)
            Say(true, error.Message);
        return isFreed;
    }

    /// <summary>Checkpoints or reclaim found no space: whether there may be some now. Called by their thread.</summary>
    public bool TryFreeForBackground() => reserve.TryFreeForBackground();

    /// <summary>
    /// No round waits for space: makes anew what was given up, if there is room. Called by the committer.
    /// </summary>
    public void Keep()
    {
        _isStuck = false;
        bool isWhole = reserve.TryRestore();
        Say(!isWhole, isWhole ? "there is space again" : reserve.Shortage!);
    }

    private void Say(bool isOutOfSpace, string message)
    {
        if (_isOutOfSpace == isOutOfSpace)
            return;
        _isOutOfSpace = isOutOfSpace;
        watcher.SpaceChanged(isOutOfSpace, message);
    }
}
