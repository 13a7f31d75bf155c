using Warren.Storage.Log;
using Warren.Storage.Recovery;

namespace Warren.Storage.Checkpoints;

/// <summary>What a checkpoint knows beside the groups: how far it reaches, the segments, the shared bodies.</summary>
internal sealed record CheckpointTable(
    long Number, Lsn Lsn, IReadOnlyList<SegmentLine> Segments, IReadOnlyList<BodyRow> Bodies)
{
    public static CheckpointTable None { get; } = new(0, default, [], []);

    public void Write(ItemWriter items)
    {
        items.Number(CheckpointFormat.Version);
        items.Number(Lsn.Value);
        items.Number(Segments.Count);
        foreach (SegmentLine line in Segments)
        {
            items.Number(line.Segment);
            items.Number((long)line.Kind);
            items.Number(line.Boot);
            items.Number(line.End);
            items.Number(line.Last.Value);
            items.Number(line.LiveBytes);
            items.Number(line.OverrulingBytes);
            items.Number(line.Overrules.Count);
            foreach (uint target in line.Overrules)
                items.Number(target);
        }
        items.Number(Bodies.Count);
        foreach (BodyRow body in Bodies)
        {
            items.Number(body.Lsn);
            items.Place(body.Position);
            items.Number(body.BodyBytes);
        }
    }

    /// <exception cref="StorageVersionException">A newer version wrote it.</exception>
    public static CheckpointTable Read(long number, ItemReader items)
    {
        long version = items.Number();
        if (version != CheckpointFormat.Version)
            throw new StorageVersionException(CheckpointName.PathOf(number), (int)version, CheckpointFormat.Version);
        var lsn = new Lsn(items.Number());
        var segments = new SegmentLine[items.Number()];
        for (int at = 0; at < segments.Length; at++)
            segments[at] = ReadLine(items);
        var bodies = new BodyRow[items.Number()];
        for (int at = 0; at < bodies.Length; at++)
            bodies[at] = new BodyRow(items.Number(), items.Place(), (int)items.Number());
        return new CheckpointTable(number, lsn, segments, bodies);
    }

    private static SegmentLine ReadLine(ItemReader items)
    {
        var segment = (uint)items.Number();
        var kind = (SegmentKind)items.Number();
        long boot = items.Number();
        var end = (uint)items.Number();
        var last = new Lsn(items.Number());
        long live = items.Number();
        long overruling = items.Number();
        uint[] overrules = new uint[items.Number()];
        for (int at = 0; at < overrules.Length; at++)
            overrules[at] = (uint)items.Number();
        return new SegmentLine(segment, kind, boot, end, last)
        {
            LiveBytes = live,
            OverrulingBytes = overruling,
            Overrules = overrules,
        };
    }
}
