using Warren.Storage.Checkpoints;
using Warren.Storage.Disk;
using Warren.Storage.Log;
using Warren.Storage.Recovery;

namespace Warren.Storage;

/// <summary>
/// Opens a node's storage: finds what the last process left, makes its tail durable, hands every group to its owner and
/// begins to write in a new segment. Nothing is answered to anybody before this has returned.
/// </summary>
public static class StorageDirectory
{
    /// <param name="disk">The node's directory; of this process alone.</param>
    /// <param name="options">Sizes.</param>
    /// <param name="watcher">Told of damage during the call, and of everything later.</param>
    /// <param name="recover">
    /// Called for each group, by rising id, with the log to open it in; reads the entries that it wants.
    /// </param>
    /// <param name="wake">Called when there is something to commit and was nothing before. Must not call back.</param>
    /// <exception cref="DiskException">The directory cannot be read or written.</exception>
    /// <exception cref="StorageVersionException">Another version wrote it.</exception>
    public static NodeLog Open(
        IDisk disk, NodeLogOptions options, IStorageWatcher watcher, Action<NodeLog, RecoveredGroup> recover,
        Action wake)
    {
        disk.MakeDirectory(SegmentName.Directory);
        disk.MakeDirectory(CheckpointName.Directory);
        disk.SyncDirectory("");
        var damages = new List<SegmentDamage>();
        var directory = new SegmentDirectory(disk, BootFile.Read(disk), damages.Add);
        directory.Read();
        var reserve = new SpaceReserve(disk, options, directory.Segments);
        long boot = CountBoot(disk, directory.HighestBoot, reserve);
        // What was read may lie in the machine's memory alone, and others will be told of it.
        if (!Planted.Is(PlantedBug.TailNotSynced))
            directory.SettleTail();
        disk.SyncDirectory(SegmentName.Directory);
        disk.SyncDirectory(CheckpointName.Directory);

        using CheckpointReader checkpoint = CheckpointSet.OpenNewest(disk, watcher.Damaged) ?? CheckpointReader.Empty();
        bool endsEarly = checkpoint.Table.Lsn > directory.LastLsn;
        if (endsEarly)
        {
            watcher.Damaged(
                $"the log ends at LSN {directory.LastLsn}, before the checkpoint's {checkpoint.Table.Lsn}: "
                + "its last segments are missing");
            // And with them, maybe, the roster that names what is there.
            directory.AddStrangers();
        }
        directory.RemoveStrangers();
        var start = new LogStart(
            boot,
            directory.HighestId,
            new Lsn(Math.Max(directory.LastLsn.Value, checkpoint.Table.Lsn.Value)),
            directory.Last?.Id ?? 0,
            directory.Last?.End ?? 0,
            directory.Segments,
            reserve)
        {
            IsNew = directory.LastLsn.Value == 0 && checkpoint.Table.Lsn.Value == 0 && damages.Count == 0,
        };
        var extent = new LogExtent(
            start.LastLsn, [.. directory.Segments.All().Select(each => (each, each.End))], 0, new HashSet<long>());
        using var reading = new LogReading(extent, checkpoint, damages, endsEarly || directory.IsTailDamaged);
        foreach (SegmentDamage damage in damages)
            directory.Segments.NoteDamage(damage.Segment);
        SegmentFiles.NameSuspects(disk, directory.Segments);
        // What is missing is found again by each start until the marks that say so are durable.
        if (!endsEarly && !directory.IsTailDamaged)
            SegmentFiles.CutUnused(directory.Segments);
        var log = new NodeLog(disk, options, watcher, start, wake);
        Recover(log, reading, recover);
        UnsoundMarks.Append(log, reading);
        log.EndStart();
        Tell(reading, damages, watcher);
        return log;
    }

    // The file is written in place, but where there is none, or on a file system that never writes in place, a full
    // disk has no room for it.
    private static long CountBoot(IDisk disk, long highest, SpaceReserve reserve)
    {
        while (true)
        {
            try
            {
                return BootFile.Next(disk, highest);
            }
            catch (DiskException error) when (error.Failure == DiskFailure.NoSpace)
            {
                if (!reserve.TryFreeForLog() && !reserve.TryFreeForBackground())
                    throw;
            }
        }
    }

    private static void Recover(NodeLog log, LogReading reading, Action<NodeLog, RecoveredGroup> recover)
    {
        MergedState state = reading.State;
        var bodies = reading.Bodies.Values.ToDictionary(
            body => body.Lsn, body => new SharedBody(new Lsn(body.Lsn), body.Position, body.BodyBytes));
        while (state.NextGroup() is { } head)
            recover(log, new RecoveredGroup(state, head, bodies));
        foreach (long wanted in state.WantedBodies)
            log.Register(bodies[wanted]);
    }

    private static void Tell(LogReading reading, List<SegmentDamage> damages, IStorageWatcher watcher)
    {
        foreach (SegmentDamage damage in SegmentDamage.Distinct(damages))
            watcher.Damaged(damage.Describe());
        IReadOnlyList<(GroupHead Head, LostEntries? Lost)> incomplete = reading.State.Incomplete;
        if (reading.IsBroken)
        {
            string missing = reading.Missing.Base.Value > 0
                ? $"{reading.Missing.Extent} records are missing behind the checkpoint"
                : "records may be missing";
            watcher.Damaged(
                $"{missing}, and whose they were cannot be told: all groups are marked as unsound, "
                + $"{incomplete.Count} of them new");
        }
        foreach ((GroupHead head, LostEntries? lost) in incomplete)
        {
            if (lost is not null)
                watcher.Damaged($"group {head.Id} has lost {lost.Count} entries and is marked as unsound");
        }
    }
}
