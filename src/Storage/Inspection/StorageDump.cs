using Warren.Storage.Disk;
using Warren.Storage.Log;
using Warren.Storage.Recovery;

namespace Warren.Storage.Inspection;

/// <summary>Reads the records of a data directory as they lie, segment after segment, without changing it.</summary>
public static class StorageDump
{
    /// <param name="disk">The directory.</param>
    /// <param name="selection">What is wanted.</param>
    /// <param name="record">Told of each record.</param>
    /// <param name="damaged">Told, in its place, of what cannot be read.</param>
    /// <exception cref="DiskException">The directory cannot be read.</exception>
    /// <exception cref="StorageVersionException">Another version wrote it.</exception>
    public static void Read(
        IDisk disk, DumpSelection selection, Action<DumpedRecord> record, Action<string> damaged)
    {
        var directory = new SegmentDirectory(disk, BootFile.Read(disk), damage => damaged(damage.Describe()));
        directory.Read();
        using var bodies = new RecordReader(directory.Segments);
        foreach (Segment segment in directory.Segments.All())
        {
            if (selection.Segment is { } wanted && segment.Id != wanted)
                continue;
            // Rounds that end before it are passed over.
            using var cursor = new SegmentCursor(
                segment, segment.End, new Lsn(selection.From.Value - 1), damage => damaged(damage.Describe()));
            while (cursor.MoveNext())
            {
                RecordView view = cursor.Current;
                bool isWanted = view.Header.Lsn >= selection.From
                    && (selection.Group is not { } group || view.Header.Group == group);
                if (isWanted)
                    record(Describe(view, bodies, selection.HasBodies));
            }
        }
    }

    private static DumpedRecord Describe(in RecordView view, RecordReader bodies, bool hasBody)
    {
        RecordHeader header = view.Header;
        var releases = new IndexRange[view.ReleaseCount];
        for (int number = 0; number < releases.Length; number++)
            releases[number] = view.Release(number);
        bool isSound = bodies.TryRead(view.Position, out _);
        return new DumpedRecord
        {
            Lsn = header.Lsn,
            Position = view.Position,
            Kind = KindOf(header.Kind),
            Group = header.Group,
            Index = header.Index,
            Term = header.Term,
            IsKept = header.Flags.HasFlag(RecordFlags.Kept),
            IsSurvivor = header.Flags.HasFlag(RecordFlags.Survivor),
            SharedBody = view.SharedBody,
            Releases = releases,
            MetaBytes = header.MetaBytes,
            BodyBytes = header.BodyBytes,
            IsBodySound = isSound,
            Body = hasBody && isSound ? bodies.TakeBody() : null,
        };
    }

    private static string KindOf(RecordKind kind) => kind switch
    {
        RecordKind.RosterChange => "roster change",
        _ => kind.ToString().ToLowerInvariant(),
    };
}
