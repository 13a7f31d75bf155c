using System.Globalization;
using System.Text;
using Warren.Storage.Disk;

namespace Warren.Storage.Recovery;

/// <summary>
/// Counts the starts of a directory, in text. The number is durable before anything is written under it: it makes the
/// checksums of one start differ from those of every other.
/// </summary>
internal static class BootFile
{
    private const string Path = "boot";

    private const string Unfinished = "boot.new";

    /// <summary>Reads the number, adds one and makes that durable.</summary>
    public static long Next(IDisk disk, long atLeast)
    {
        long boot = Math.Max(Read(disk), atLeast) + 1;
        disk.Delete(Unfinished);
        using (IDiskFile file = disk.Create(Unfinished, 0))
        {
            file.Write(0, [Encoding.ASCII.GetBytes(boot.ToString(CultureInfo.InvariantCulture) + "\n")]);
            file.Sync();
        }
        disk.Rename(Unfinished, Path);
        disk.SyncDirectory("");
        return boot;
    }

    /// <summary>
    /// The number of the last start; 0 if it is not known. Segments name their boots too, so that a file that cannot be
    /// read costs nothing.
    /// </summary>
    public static long Read(IDisk disk)
    {
        if (!disk.List("").Contains(Path))
            return 0;
        using IDiskFile file = disk.Open(Path);
        byte[] text = new byte[32];
        string? refusal = null;
        int count = file.Salvage(0, text, ref refusal);
        return long.TryParse(
            Encoding.ASCII.GetString(text, 0, count).TrimEnd(),
            NumberStyles.None, CultureInfo.InvariantCulture, out long boot)
            ? boot
            : 0;
    }
}
