using Warren.Storage.Disk;
using Warren.Storage.Log;
using Warren.Storage.Recovery;

namespace Warren.Storage.Checkpoints;

/// <summary>
/// Makes checkpoints beside the running log, from the last one and what the log has added since: it reads files, not
/// the owners' memory, so that no turn waits for it. The same reading as at a start.
/// </summary>
internal sealed class Checkpointer(NodeLog log, Action<string> damaged)
{
    private long _lsn = log.DurableLsn.Value;

    /// <summary>Of the checkpoint that was made last; 0: none was.</summary>
    public long LengthBytes { get; private set; }

    /// <summary>The last LSN in it; until one is made, that of the start.</summary>
    public Lsn Lsn => new(Volatile.Read(ref _lsn));

    /// <summary>
    /// Makes a checkpoint up to what is durable now. Returns its table, and that of the one that it was made from,
    /// which stays beside it. Null: something was found to be lost, and the marks that say so have to be durable before
    /// a checkpoint leaves it out.
    /// </summary>
    /// <exception cref="DiskException">The disk refused; the last checkpoint stays.</exception>
    public (CheckpointTable Older, CheckpointTable Newest)? Run(LogExtent extent)
    {
        IDisk disk = log.Disk;
        using CheckpointReader last = CheckpointSet.OpenNewest(disk, damaged) ?? CheckpointReader.Empty();
        var damages = new List<SegmentDamage>();
        using var reading = new LogReading(extent, last, damages);
        foreach (SegmentDamage damage in damages)
        {
            log.Segments.NoteDamage(damage.Segment);
            damaged(damage.Describe());
        }
        var existing = extent.Segments.Select(each => each.Segment.Id).ToHashSet();
        MergedState state = reading.State;
        long number = Math.Max(last.Table.Number, CheckpointSet.NewestNumber(disk)) + 1;
        using var writer = new CheckpointWriter(disk, number);
        while (state.NextGroup() is { } head)
        {
            head.StateSegments.IntersectWith(existing);
            writer.Group(head);
            while (state.NextEntry(out EntryRow row, out ReadOnlySpan<byte> meta))
                writer.Entry(in row, meta);
        }
        if (UnsoundMarks.Append(log, reading))
            return null;
        List<BodyRow> bodies = LiveBodies(extent, reading);
        foreach (BodyRow body in bodies)
            state.Count(body.Position, body.RecordBytes);
        var table = new CheckpointTable(number, extent.Durable, Lines(extent, last.Table, reading), bodies);
        writer.Finish(table);
        CheckpointSet.RemoveOld(disk, last.Table.Number, number);
        LengthBytes = writer.LengthBytes;
        Volatile.Write(ref _lsn, table.Lsn.Value);
        return (last.Table, table);
    }

    private static List<BodyRow> LiveBodies(LogExtent extent, LogReading reading) =>
    [
        .. reading.Bodies.Values.Where(
            body => reading.State.WantedBodies.Contains(body.Lsn) || extent.HeldBodies.Contains(body.Lsn)),
    ];

    private static List<SegmentLine> Lines(LogExtent extent, CheckpointTable last, LogReading reading)
    {
        LogDelta delta = reading.Delta;
        var known = last.Segments.ToDictionary(line => line.Segment);
        var existing = extent.Segments.Select(each => each.Segment.Id).ToHashSet();
        var lines = new List<SegmentLine>();
        foreach ((Segment segment, uint end) in extent.Segments)
        {
            SegmentLine? old = known.GetValueOrDefault(segment.Id);
            Lsn lastLsn = delta.LastLsns.GetValueOrDefault(segment.Id, old?.Last ?? default);
            uint[] overrules =
            [
                .. delta.OriginsOf(segment.Id)
                    .SelectMany(id => delta.Overrules.Of(id).Concat(known.GetValueOrDefault(id)?.Overrules ?? []))
                    .Where(target => target != segment.Id && existing.Contains(target)).Distinct().Order(),
            ];
            lines.Add(new SegmentLine(segment.Id, segment.Kind, segment.Boot, end, lastLsn)
            {
                LiveBytes = reading.State.LiveBytes.GetValueOrDefault(segment.Id),
                OverrulingBytes = delta.OverrulingBytes.GetValueOrDefault(segment.Id) + (old?.OverrulingBytes ?? 0),
                Overrules = overrules,
            });
        }
        return lines;
    }
}
