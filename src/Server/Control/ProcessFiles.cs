namespace Warren.Server.Control;

/// <summary>The file handles of this process: how many are open, and how many there may be.</summary>
internal static class ProcessFiles
{
    public static (int Used, long Limit) Count()
    {
        if (!OperatingSystem.IsLinux())
            return (0, 0);
        long limit = 0;
        foreach (string line in File.ReadLines("/proc/self/limits"))
        {
            // "unlimited" is possible, and then nobody runs out of them.
            if (line.StartsWith("Max open files", StringComparison.Ordinal)
                && long.TryParse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[3], out long found))
                limit = found;
        }
        return (Directory.GetFiles("/proc/self/fd").Length, limit);
    }
}
