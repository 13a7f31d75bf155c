namespace Warren.Storage.Disk;

/// <summary>
/// Small files that are replaced as a whole: a crash leaves the old one or the new one, never a part.
/// </summary>
public static class FileReplacement
{
    private const string Unfinished = ".new";

    /// <summary>
    /// Puts a file in the place of the present one, written beside it as <c>NAME.new</c> before; durable when it
    /// returns.
    /// </summary>
    /// <param name="disk">Where.</param>
    /// <param name="path">What it is called; its directory is there, durably.</param>
    /// <param name="sizeBytes">How long it is.</param>
    /// <param name="write">Writes all of it; its sync follows.</param>
    /// <exception cref="DiskException">It could not be written; the present one stays.</exception>
    public static void Replace(this IDisk disk, string path, int sizeBytes, Action<IDiskFile> write)
    {
        string unfinished = path + Unfinished;
        disk.Delete(unfinished);
        using (IDiskFile file = disk.Create(unfinished, sizeBytes))
        {
            write(file);
            file.Sync();
        }
        disk.Rename(unfinished, path);
        disk.SyncDirectory(path[..Math.Max(0, path.LastIndexOf('/'))]);
    }
}
