namespace Warren.Storage.Disk;

/// <summary>
/// A directory of the machine that is only looked at: files are opened to be read, and nothing is made or changed.
/// </summary>
public sealed class ReadOnlyDisk : IDisk
{
    private readonly string _root;

    /// <param name="root">The directory.</param>
    /// <exception cref="DiskException">It is not there.</exception>
    public ReadOnlyDisk(string root)
    {
        _root = Path.GetFullPath(root);
        if (!Directory.Exists(_root))
            throw DiskErrors.From("open the directory", _root, DiskErrors.NoEntry);
    }

    public long FreeBytes => 0;

    public long TotalBytes => 0;

    public IReadOnlyList<string> List(string directory)
    {
        DiskPath.RequireDirectory(directory);
        string path = Path.Combine(_root, directory);
        try
        {
            return [.. Directory.GetFiles(path).Select(name => Path.GetFileName(name)).Order(StringComparer.Ordinal)];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
        catch (Exception error) when (DiskErrors.Covers(error))
        {
            throw DiskErrors.From("list the files of", path, error);
        }
    }

    public IDiskFile Open(string path)
    {
        DiskPath.RequireFile(path);
        string full = Path.Combine(_root, path);
        try
        {
            const FileShare share = FileShare.ReadWrite | FileShare.Delete;
            return new FileDiskFile(File.OpenHandle(full, FileMode.Open, FileAccess.Read, share), full);
        }
        catch (Exception error) when (DiskErrors.Covers(error))
        {
            throw DiskErrors.From("open", full, error);
        }
    }

    public void MakeDirectory(string directory) => throw Refused();

    public IDiskFile Create(string path, long allocateBytes) => throw Refused();

    public void Rename(string from, string to) => throw Refused();

    public void Delete(string path) => throw Refused();

    public void SyncDirectory(string directory) => throw Refused();

    private static InvalidOperationException Refused() => new("A directory that is only looked at was to be changed.");
}
