using Warren.Storage.Checkpoints;
using Warren.Storage.Disk;
using Warren.Storage.Log;
using Warren.Storage.Reclaim;

namespace Warren.Storage;

/// <summary>
/// What runs beside the log: checkpoints when it has grown enough, reclaim after each, in one thread at a time. It
/// reads files and asks no owner for anything but to take note of copies.
/// </summary>
public sealed class StorageBackground
{
    private readonly NodeLog _log;
    private readonly NodeLogOptions _options;
    private readonly Checkpointer _checkpointer;
    private readonly Reclaimer _reclaimer;
    private long _writtenAtLast;
    private bool _isSettled;

    public StorageBackground(NodeLog log, NodeLogOptions options, IStorageWatcher watcher)
    {
        _log = log;
        _options = options;
        _checkpointer = new Checkpointer(log, watcher.Damaged);
        _reclaimer = new Reclaimer(log, options, watcher.Damaged);
    }

    /// <summary>
    /// The log has grown enough for a checkpoint, or reclaim has something to finish. May be asked from any thread.
    /// </summary>
    public bool HasWork => IsCheckpointDue || _reclaimer.PendingCount > 0 || _log.Segments.HasNewlyDamaged;

    /// <summary>
    /// A checkpoint now could let segments go, although the log has grown little: it would show more to be dead, or let
    /// the older one, below which segments go, reach further. May be asked from any thread.
    /// </summary>
    public bool CanGiveBack => !Volatile.Read(ref _isSettled) || _log.WrittenBytes != Volatile.Read(ref _writtenAtLast);

    private bool IsCheckpointDue =>
        _log.WrittenBytes - Volatile.Read(ref _writtenAtLast)
        >= Math.Max(_options.CheckpointSpacingBytes, _options.CheckpointSpacingFactor * _checkpointer.LengthBytes);

    /// <summary>Does what is due.</summary>
    /// <param name="isSpaceLow">Whether a checkpoint is due as soon as it could let something go.</param>
    /// <exception cref="DiskException">The disk refused; what was begun is begun again the next time.</exception>
    public void RunOnce(bool isSpaceLow = false)
    {
        SegmentFiles.NameSuspects(_log.Disk, _log.Segments);
        _reclaimer.Continue();
        if (IsCheckpointDue || (isSpaceLow && CanGiveBack))
            MakeCheckpoint(reclaims: true, isSpaceLow);
    }

    /// <summary>
    /// Makes a checkpoint now, as for a clean stop, and starts to reclaim what it shows to be dead. False: it has to
    /// wait until what was appended is durable.
    /// </summary>
    /// <param name="reclaims">False when nobody would see to the end of it.</param>
    /// <param name="isSpaceLow">Reclaim spares no copying.</param>
    public bool MakeCheckpoint(bool reclaims = true, bool isSpaceLow = false)
    {
        // A checkpoint says where things are, and the copies count only when the roster does.
        if (_reclaimer.AwaitsRoster && !Planted.Is(PlantedBug.CheckpointBeforeRoster))
            return false;
        // It leaves out what is lost, and only the marks say that it was there.
        if (_log.AwaitsMarks && !Planted.Is(PlantedBug.CheckpointBeforeMarks))
            return false;
        long written = _log.WrittenBytes;
        LogExtent extent = _log.Extent();
        if (_checkpointer.Run(extent) is not var (older, newest))
            return false;
        Volatile.Write(ref _writtenAtLast, written);
        Volatile.Write(ref _isSettled, older.Lsn == newest.Lsn);
        if (reclaims)
            _reclaimer.Start(newest, older.Lsn, extent.Current, isSpaceLow);
        return true;
    }
}
