namespace Warren.Storage.Disk;

/// <summary>Paths below a disk's root: parts joined by '/', none of them empty, "." or "..". The root is "".</summary>
internal static class DiskPath
{
    /// <exception cref="ArgumentException">It is no path below the root.</exception>
    public static void RequireFile(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        foreach (var part in path.AsSpan().Split('/'))
        {
            if (path.AsSpan(part) is "" or "." or ".." || path.AsSpan(part).Contains('\0'))
                throw new ArgumentException($"\"{path}\" is no path below the disk's directory.", nameof(path));
        }
    }

    /// <exception cref="ArgumentException">It is neither the root nor a path below it.</exception>
    public static void RequireDirectory(string path)
    {
        if (path is not "")
            RequireFile(path);
    }

    /// <summary>The directory that holds it.</summary>
    public static string Parent(string path) => path.LastIndexOf('/') is > 0 and var slash ? path[..slash] : "";

    /// <summary>The directories above it and itself, outermost first, without the root.</summary>
    public static IEnumerable<string> Prefixes(string path)
    {
        for (var slash = path.IndexOf('/'); slash > 0; slash = path.IndexOf('/', slash + 1))
            yield return path[..slash];
        if (path is not "")
            yield return path;
    }
}
