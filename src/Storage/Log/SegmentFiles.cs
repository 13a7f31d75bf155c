using Warren.Storage.Disk;

namespace Warren.Storage.Log;

/// <summary>Makes and removes the files of segments, so that a crash in between leaves nothing that misleads.</summary>
internal static class SegmentFiles
{
    public const string SpareSuffix = ".spare";

    /// <summary>
    /// A new segment's file, its header and its name durable, in the table. A spare file is used if there is one: its
    /// blocks are allocated and written, so that syncs need no metadata. Its old bytes do not pass the checksums of the
    /// new segment.
    /// </summary>
    public static Segment Create(IDisk disk, in SegmentHeader header, int allocateBytes, SegmentTable segments)
    {
        string path = SegmentName.PathOf(header.Segment);
        // A try that failed for want of space may have left it.
        disk.Delete(path);
        IDiskFile file = TakeSpare(disk, path) ?? disk.Create(path, allocateBytes);
        byte[] bytes = new byte[SegmentHeader.SizeBytes];
        header.Write(bytes);
        file.Write(0, [bytes]);
        file.Sync();
        if (!Planted.Is(PlantedBug.DirectoryNotSynced))
            disk.SyncDirectory(SegmentName.Directory);
        var segment = new Segment(header.Segment, header.Boot, header.Kind, file) { End = SegmentHeader.SizeBytes };
        segments.Add(segment);
        return segment;
    }

    /// <summary>Lets a segment's file go, to be used again if there are few such. Its readers must be gone.</summary>
    public static void Remove(IDisk disk, Segment segment, int spares, SegmentTable segments)
    {
        segments.Remove(segment.Id);
        segment.File.Dispose();
        string path = SegmentName.PathOf(segment.Id);
        if (Spares(disk).Count() < spares)
            disk.Rename(path, path + SpareSuffix);
        else
            disk.Delete(path);
    }

    public static IEnumerable<string> Spares(IDisk disk) =>
        disk.List(SegmentName.Directory)
            .Where(name => name.EndsWith(SpareSuffix, StringComparison.Ordinal))
            .Select(name => SegmentName.Directory + "/" + name);

    private static IDiskFile? TakeSpare(IDisk disk, string path)
    {
        string? spare = Spares(disk).Order(StringComparer.Ordinal).FirstOrDefault();
        if (spare is null)
            return null;
        disk.Rename(spare, path);
        return disk.Open(path);
    }
}
