using System.Globalization;

namespace Warren.Load;

/// <summary>
/// What the disk below a directory has had written to it, by anybody: the block device's own count. The process's count
/// (<c>/proc/PID/io</c>) would say more than was written, since a page or folio that is synced while it is half full
/// counts as a whole each time.
/// </summary>
internal sealed class DiskUsage(string path)
{
    // The kernel counts in these, whatever the device's own sectors are.
    private const long SectorBytes = 512;

    private readonly string _statistics = path.Length == 0 ? "" : StatisticsOf(Path.GetFullPath(path));

    /// <summary>There is such a device, and it counts.</summary>
    internal bool IsKnown => _statistics.Length > 0;

    internal long WrittenBytes
    {
        get
        {
            string[] fields = File.ReadAllText(_statistics).Split(' ', StringSplitOptions.RemoveEmptyEntries);
            return long.Parse(fields[6], CultureInfo.InvariantCulture) * SectorBytes;
        }
    }

    // The mount whose point is the longest beginning of the path; its device by numbers.
    private static string StatisticsOf(string path)
    {
        string best = "";
        string device = "";
        foreach (string line in File.ReadLines("/proc/self/mountinfo"))
        {
            string[] fields = line.Split(' ');
            string point = fields[4] == "/" ? "/" : fields[4] + "/";
            if (point.Length >= best.Length && (path + "/").StartsWith(point, StringComparison.Ordinal))
                (best, device) = (point, fields[2]);
        }
        string statistics = $"/sys/dev/block/{device}/stat";
        return File.Exists(statistics) ? statistics : "";
    }
}
