using Warren.Storage.Disk;

namespace Warren.Cluster.Tests.Groups;

/// <summary>Bits that flip in what a node log has written, and files that are cut.</summary>
internal static class DiskDamage
{
    private const string Folder = "log";

    /// <summary>Of a segment: records are behind it.</summary>
    private const int HeaderBytes = 512;

    // In the header: whether the committer writes the segment, in the order of the LSNs, or reclaim has.
    private const int KindOffset = 24;
    private const byte LogKind = 1;

    /// <summary>
    /// Segments that may be damaged: not the one with which the log ends, where damage could not be told from a torn
    /// round. Reclaim takes numbers behind that one for what it has copied.
    /// </summary>
    public static List<string> Segments(FaultyDisk disk)
    {
        List<string> all = [.. disk.List(Folder)
            .Where(static name => name.EndsWith(".seg", StringComparison.Ordinal)).Order()
            .Select(static name => $"{Folder}/{name}")];
        string? end = all.FindLast(path => IsOfLog(disk, path));
        return [.. all.SkipLast(2).Where(path => path != end)];
    }

    /// <summary>Damages one of them; false if there is none with enough in it.</summary>
    public static bool TryDamage(FaultyDisk disk, Random random)
    {
        List<string> segments = Segments(disk);
        if (segments.Count == 0)
            return false;
        string path = segments[random.Next(segments.Count)];
        using IDiskFile file = disk.Open(path);
        if (file.LengthBytes < 2 * HeaderBytes)
            return false;
        long length = file.LengthBytes;
        for (int flips = 0; flips < 12; flips++)
        {
            long offset = HeaderBytes + random.NextInt64(length - HeaderBytes);
            int bit = random.Next(8);
            if (flips == 0 && offset % 4 == 0)
                disk.Truncate(path, offset);
            if (offset < file.LengthBytes)
                disk.FlipBit(path, offset, bit);
        }
        return true;
    }

    private static bool IsOfLog(FaultyDisk disk, string path)
    {
        using IDiskFile file = disk.Open(path);
        byte[] kind = new byte[1];
        return file.Read(KindOffset, kind) == 1 && kind[0] == LogKind;
    }
}
