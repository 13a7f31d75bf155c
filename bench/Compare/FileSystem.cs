namespace Warren.Compare;

/// <summary>What kind of disk a directory lies on, since durable figures mean something on a real one only.</summary>
internal static class FileSystem
{
    /// <summary>The file system's type, and its device where that says more.</summary>
    internal static string Of(string directory)
    {
        string real = Path.GetFullPath(directory);
        (string Point, string Text) longest = ("", "an unknown file system");
        foreach (string line in File.ReadLines("/proc/self/mounts"))
        {
            string[] fields = line.Split(' ');
            string point = fields[1].TrimEnd('/') + "/";
            if ($"{real}/".StartsWith(point, StringComparison.Ordinal) && point.Length >= longest.Point.Length)
                longest = (point, Describe(fields[2], fields[0]));
        }

        return longest.Text;
    }

    private static string Describe(string type, string device) =>
        type is "tmpfs" or "ramfs" ? $"{type}, where nothing is ever synced" : $"{type} ({device})";
}
