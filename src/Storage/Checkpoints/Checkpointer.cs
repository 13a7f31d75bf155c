using Warren.Storage.Disk;
using Warren.Storage.Log;
using Warren.Storage.Recovery;

namespace Warren.Storage.Checkpoints;

/// <summary>
/// Makes checkpoints beside the running log, from the last one and what the log has added since: it reads files, not
/// the owners' memory, so that no turn waits for it. The same reading as at a start.
/// </summary>
internal sealed class Checkpointer(IDisk disk, Action<string> damaged)
{
    /// <summary>Of the checkpoint that was made last; 0: none was.</summary>
    public long LengthBytes { get; private set; }

    /// <summary>
    /// Makes a checkpoint up to what is durable now. Returns its table, and that of the one that it was made from,
    /// which stays beside it.
    /// </summary>
    /// <exception cref="DiskException">The disk refused; the last checkpoint stays.</exception>
    public (CheckpointTable Older, CheckpointTable Newest) Run(LogExtent extent)
    {
        using CheckpointReader last = CheckpointSet.OpenNewest(disk, damaged) ?? CheckpointReader.Empty();
        var damages = new List<SegmentDamage>();
        LogDelta delta = DeltaReading.Read(extent, last.Table, damages);
        foreach (SegmentDamage damage in damages)
            damaged(damage.Describe());
        using var lost = new LostPlaces(extent.Segments.Select(each => each.Segment), damages);
        var existing = extent.Segments.Select(each => each.Segment.Id).ToHashSet();
        var state = new MergedState(last, delta, lost.Contains);
        long number = Math.Max(last.Table.Number, CheckpointSet.NewestNumber(disk)) + 1;
        using var writer = new CheckpointWriter(disk, number);
        while (state.NextGroup() is { } head)
        {
            head.StateSegments.IntersectWith(existing);
            writer.Group(head);
            while (state.NextEntry(out EntryRow row, out ReadOnlySpan<byte> meta))
                writer.Entry(in row, meta);
        }
        List<BodyRow> bodies = LiveBodies(extent, last.Table, delta, state);
        foreach (BodyRow body in bodies)
            state.Count(body.Position, body.RecordBytes);
        var table = new CheckpointTable(number, extent.Durable, Lines(extent, last.Table, delta, state), bodies);
        writer.Finish(table);
        CheckpointSet.RemoveOld(disk, last.Table.Number, number);
        LengthBytes = writer.LengthBytes;
        return (last.Table, table);
    }

    private static List<BodyRow> LiveBodies(
        LogExtent extent, CheckpointTable last, LogDelta delta, MergedState state)
    {
        var bodies = new Dictionary<long, BodyRow>();
        foreach (BodyRow body in last.Bodies.Concat(delta.Bodies.Values))
        {
            if (state.WantedBodies.Contains(body.Lsn) || extent.HeldBodies.Contains(body.Lsn))
                bodies[body.Lsn] = body;
        }
        return [.. bodies.Values];
    }

    private static List<SegmentLine> Lines(
        LogExtent extent, CheckpointTable last, LogDelta delta, MergedState state)
    {
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
                LiveBytes = state.LiveBytes.GetValueOrDefault(segment.Id),
                OverrulingBytes = delta.OverrulingBytes.GetValueOrDefault(segment.Id) + (old?.OverrulingBytes ?? 0),
                Overrules = overrules,
            });
        }
        return lines;
    }
}
