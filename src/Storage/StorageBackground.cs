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
    /// <summary>With less than so many segments free none is kept as a spare: what is low is worth more.</summary>
    private const int SpareRoom = 4;

    /// <summary>
    /// What a record takes while a checkpoint is made: 20 bytes and its meta, 4 more once it has been released.
    /// </summary>
    private const int RecordMemoryBytes = 32;

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

    private long SpacingBytes =>
        Math.Max(_options.CheckpointSpacingBytes, _options.CheckpointSpacingFactor * _checkpointer.LengthBytes);

    private bool IsCheckpointDue =>
        _log.WrittenBytes - Volatile.Read(ref _writtenAtLast) >= SpacingBytes
        || (_log.DurableLsn.Value - _checkpointer.Lsn.Value) * RecordMemoryBytes
        >= Math.Max(_options.CheckpointMemoryBytes, 2 * _checkpointer.LengthBytes);

    /// <summary>Does what is due.</summary>
    /// <param name="isSpaceLow">Whether a checkpoint is due as soon as it could let something go.</param>
    /// <exception cref="DiskException">The disk refused; what was begun is begun again the next time.</exception>
    public void RunOnce(bool isSpaceLow = false)
    {
        while (true)
        {
            try
            {
                Run(isSpaceLow);
                // Nothing more can be done here before the log has written: what was kept for this is for that now.
                if (_log.Space.IsStuck && (_reclaimer.AwaitsRoster || !CanGiveBack))
                    _log.TryFreeForBackground();
                return;
            }
            catch (DiskException error) when (error.Failure == DiskFailure.NoSpace)
            {
                if (!_log.TryFreeForBackground())
                    throw;
            }
        }
    }

    private void Run(bool isSpaceLow)
    {
        SegmentFiles.NameSuspects(_log.Disk, _log.Segments);
        bool keepsSpares = !isSpaceLow && _log.Disk.FreeBytes >= SpareRoom * (long)_options.SegmentBytes;
        if (!keepsSpares)
            SegmentFiles.DeleteSpares(_log.Disk, _log.Segments);
        _reclaimer.Continue(keepsSpares ? _options.SpareSegments : 0);
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
        // While the next is made as much again may be written: with less those who write would wait each time, with
        // more the log would grow without bounds where they are quicker than this thread.
        _log.MostWrittenBytes = written + (2 * SpacingBytes);
        Volatile.Write(ref _isSettled, older.Lsn == newest.Lsn);
        if (reclaims)
            _reclaimer.Start(newest, older.Lsn, extent.Current, isSpaceLow);
        return true;
    }
}
