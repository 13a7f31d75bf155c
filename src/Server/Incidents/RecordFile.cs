using System.Collections.Immutable;
using Warren.Cluster.Incidents;
using Warren.Storage.Disk;

namespace Warren.Server.Incidents;

/// <summary>
/// The record in the data directory (<see cref="IncidentFormat"/>): lines are put behind those that are there; when
/// they are too many the oldest go. Nothing is kept open, since the directory may be another one each time; its folder
/// is made by who has the directory's lock (<see cref="NodeStorage"/>), and never here.
/// </summary>
internal static class RecordFile
{
    /// <summary>A line a day for three years.</summary>
    public const int MostEntries = 1000;

    public const int MostBytes = 1024 * 1024;

    /// <summary>What stays when there are too many: so that not each line rewrites the file.</summary>
    private const int LeftParts = 4;

    /// <summary>Puts lines behind those that are there. Durable when it returns.</summary>
    /// <exception cref="DiskException">They could not be written; what was there stays.</exception>
    public static void Append(IDisk disk, IReadOnlyList<byte[]> lines)
    {
        byte[] present = ReadAll(disk);
        long bytes = present.Length + lines.Sum(static line => (long)line.Length);
        int entries = present.Count((byte)'\n') + lines.Count;
        bool isTorn = present.Length > 0 && present[^1] != '\n';
        if (present.Length > 0 && !isTorn && bytes <= MostBytes && entries <= MostEntries)
        {
            using IDiskFile file = disk.Open(IncidentFormat.Path);
            file.Write(present.Length, [.. lines.Select(static line => (ReadOnlyMemory<byte>)line)]);
            file.Sync();
            return;
        }
        byte[] whole = [.. Newest(present, lines)];
        disk.Replace(IncidentFormat.Path, whole.Length, file => file.Write(0, [whole]));
    }

    /// <summary>What is there; nothing if it cannot be read.</summary>
    public static ImmutableArray<IncidentRow> Read(IDisk disk)
    {
        try
        {
            return IncidentFormat.Read(ReadAll(disk));
        }
        catch (DiskException)
        {
            return [];
        }
    }

    // A line that was cut off goes.
    private static IEnumerable<byte> Newest(byte[] present, IReadOnlyList<byte[]> lines)
    {
        List<ReadOnlyMemory<byte>> all = [];
        for (int at = 0; Array.IndexOf(present, (byte)'\n', at) is >= 0 and var end; at = end + 1)
            all.Add(present.AsMemory(at, end + 1 - at));
        all.AddRange(lines.Select(static line => (ReadOnlyMemory<byte>)line));
        long bytes = all.Sum(static line => (long)line.Length);
        bool isFull = bytes > MostBytes || all.Count > MostEntries;
        int most = isFull ? MostEntries - (MostEntries / LeftParts) : MostEntries;
        int mostBytes = isFull ? MostBytes - (MostBytes / LeftParts) : MostBytes;
        int first = 0;
        while (first < all.Count && (all.Count - first > most || bytes > mostBytes))
            bytes -= all[first++].Length;
        return all.Skip(first).SelectMany(static line => line.ToArray());
    }

    private static byte[] ReadAll(IDisk disk)
    {
        (string folder, string name) = (NodeFolder, IncidentFormat.Path[(NodeFolder.Length + 1)..]);
        if (!disk.List(folder).Contains(name))
            return [];
        using IDiskFile file = disk.Open(IncidentFormat.Path);
        // Whoever has put a large file there is not read for ever.
        byte[] bytes = new byte[Math.Min(file.LengthBytes, 2 * MostBytes)];
        int read = file.Read(0, bytes);
        return bytes[..read];
    }

    private static string NodeFolder => Cluster.NodeDirectory.Incidents;
}
