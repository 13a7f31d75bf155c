using Warren.Storage.Disk;

namespace Warren.Storage.Log;

/// <summary>Makes and removes the files of segments, so that a crash in between leaves nothing that misleads.</summary>
internal static class SegmentFiles
{
    public const string SpareSuffix = ".spare";

    /// <summary>Damaged, and still read for what is sound in it. Whatever happens, its file is not removed.</summary>
    public const string SuspectSuffix = ".suspect";

    /// <summary>Set aside: nothing in it is wanted or can be told, and no node looks at it again.</summary>
    public const string DamagedSuffix = ".damaged";

    /// <summary>
    /// A new segment's file, its header and its name durable, in the table. A segment of the log takes a spare file if
    /// there is one: its blocks are allocated and written, so that syncs need no metadata. Its old bytes do not pass
    /// the checksums of the new segment. Survivors take none: theirs are smaller, and so the committer alone takes
    /// spares.
    /// </summary>
    /// <exception cref="DiskException">There is no such segment; a file of its name may be left.</exception>
    public static Segment Create(IDisk disk, in SegmentHeader header, int allocateBytes, SegmentTable segments)
    {
        string path = SegmentName.PathOf(header.Segment);
        // A try that failed for want of space may have left it.
        disk.Delete(path);
        IDiskFile file = (header.Kind == SegmentKind.Log ? TakeSpare(disk, path, segments) : null)
            ?? CreateWithRoom(disk, path, allocateBytes);
        try
        {
            byte[] bytes = new byte[SegmentHeader.SizeBytes];
            uint fileBytes = header.Kind == SegmentKind.Log ? checked((uint)file.LengthBytes) : 0;
            (header with { FileBytes = fileBytes }).Write(bytes);
            file.Write(0, [bytes]);
            file.Sync();
            if (!Planted.Is(PlantedBug.DirectoryNotSynced))
                disk.SyncDirectory(SegmentName.Directory);
        }
        catch (DiskException)
        {
            file.Dispose();
            throw;
        }
        var segment = new Segment(header.Segment, header.Boot, header.Kind, file) { End = SegmentHeader.SizeBytes };
        segments.Add(segment);
        return segment;
    }

    /// <summary>
    /// Lets a segment's file go: set aside if it is damaged, else to be used again if it is one of the log's and there
    /// are few such. No owner may have a position in it. The caller syncs the directory.
    /// </summary>
    /// <exception cref="DiskException">The segment is still there.</exception>
    public static void Remove(IDisk disk, Segment segment, int spares, SegmentTable segments)
    {
        string path = segment.Path;
        if (segment.IsDamaged)
            disk.Rename(path, SegmentName.PathOf(segment.Id) + DamagedSuffix);
        else if (segment.Kind == SegmentKind.Log && Spares(disk).Count() < spares)
            disk.Rename(path, path + SpareSuffix);
        else
            disk.Delete(path);
        segments.Remove(segment.Id);
        segment.File.Dispose();
    }

    /// <summary>
    /// Gives the files of segments in which damage was found the name that says so, durably; they are read on.
    /// </summary>
    /// <exception cref="DiskException">The disk refused; the rest is for the next time.</exception>
    public static void NameSuspects(IDisk disk, SegmentTable segments)
    {
        bool hasRenamed = false;
        foreach (Segment segment in segments.TakeNewlyDamaged())
        {
            disk.Rename(segment.Path, SegmentName.PathOf(segment.Id) + SuspectSuffix);
            segment.IsSuspect = true;
            hasRenamed = true;
        }
        if (hasRenamed)
            disk.SyncDirectory(SegmentName.Directory);
    }

    /// <summary>
    /// Gives back what was allocated behind the ends of segments: the one that was written when a process ended keeps
    /// that for good, and where nodes end often, or the disk is full, it is more than what is wanted. A sound file's
    /// alone: what lies behind the end of another may tell somebody something.
    /// </summary>
    /// <exception cref="DiskException">The disk refused; nothing that is wanted has changed.</exception>
    public static void CutUnused(SegmentTable segments)
    {
        foreach (Segment segment in segments.All())
        {
            if (segment is { IsDamaged: false, IsSuspect: false } && segment.File.LengthBytes > segment.End)
                segment.File.SetLength(segment.End);
        }
    }

    /// <summary>Gives up a segment that nothing names: its file goes now if it can, or with the next start.</summary>
    public static void Abandon(IDisk disk, Segment segment, SegmentTable segments)
    {
        segments.Remove(segment.Id);
        segment.File.Dispose();
        try
        {
            disk.Delete(segment.Path);
        }
        catch (DiskException)
        {
            // The disk was what failed before, and the next start removes what nobody names.
        }
    }

    /// <summary>Gives the space of the spares back. Whether there were any.</summary>
    /// <exception cref="DiskException">The disk refused; some may be left.</exception>
    public static bool DeleteSpares(IDisk disk, SegmentTable segments)
    {
        lock (segments.Spares)
        {
            List<string> spares = [.. Spares(disk)];
            foreach (string spare in spares)
                disk.Delete(spare);
            if (spares.Count == 0)
                return false;
        }
        disk.SyncDirectory(SegmentName.Directory);
        return true;
    }

    public static IEnumerable<string> Spares(IDisk disk) =>
        disk.List(SegmentName.Directory)
            .Where(name => name.EndsWith(SpareSuffix, StringComparison.Ordinal))
            .Select(name => SegmentName.Directory + "/" + name);

    // What is left of the disk may still hold the round, and with it the change of the roster that gives space back.
    private static IDiskFile CreateWithRoom(IDisk disk, string path, int allocateBytes)
    {
        try
        {
            return disk.Create(path, allocateBytes);
        }
        catch (DiskException error) when (error.Failure == DiskFailure.NoSpace)
        {
            disk.Delete(path);
            return disk.Create(path, 0);
        }
    }

    private static IDiskFile? TakeSpare(IDisk disk, string path, SegmentTable segments)
    {
        lock (segments.Spares)
        {
            string? spare = Spares(disk).Order(StringComparer.Ordinal).FirstOrDefault();
            if (spare is null)
                return null;
            disk.Rename(spare, path);
        }
        return disk.Open(path);
    }
}
