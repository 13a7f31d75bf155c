using Microsoft.Win32.SafeHandles;

namespace Warren.Storage.Disk;

/// <summary>
/// A directory of the machine. Directories are made with mode 0700 and files with 0600, whatever the umask is; what was
/// there before keeps its mode. Durable is what the kernel promises after fdatasync and, for names, after fsync of the
/// directory. Where the system is not Linux, .NET's own calls stand in: they reserve no space and sync no directory.
/// </summary>
public sealed class FileDisk : IDisk
{
    internal const UnixFileMode OwnerFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private const UnixFileMode OwnerDirectory = OwnerFile | UnixFileMode.UserExecute;

    private readonly string _root;

    /// <param name="root">The directory; made, durably, with its parents if it is not there.</param>
    /// <exception cref="DiskException">It cannot be made.</exception>
    public FileDisk(string root)
    {
        ArgumentException.ThrowIfNullOrEmpty(root);
        _root = Path.GetFullPath(root);
        MakeRoot(_root);
    }

    private FileDisk(string root, bool _) => _root = Path.GetFullPath(root);

    /// <summary>
    /// The same, but the directory is never made, also not if it is moved away meanwhile; null: it is not there.
    /// </summary>
    public static FileDisk? Existing(string root) => Directory.Exists(root) ? new FileDisk(root, false) : null;

    public long FreeBytes
    {
        get
        {
            try
            {
                return new DriveInfo(_root).AvailableFreeSpace;
            }
            catch (Exception error) when (DiskErrors.Covers(error))
            {
                throw DiskErrors.From("read the free space of", _root, error);
            }
        }
    }

    public long TotalBytes
    {
        get
        {
            try
            {
                return new DriveInfo(_root).TotalSize;
            }
            catch (Exception error) when (DiskErrors.Covers(error))
            {
                throw DiskErrors.From("read the size of the file system of", _root, error);
            }
        }
    }

    public IReadOnlyList<string> List(string directory)
    {
        var path = FullDirectory(directory);
        try
        {
            var names = Directory.GetFiles(path);
            for (var i = 0; i < names.Length; i++)
                names[i] = Path.GetFileName(names[i]);
            Array.Sort(names, StringComparer.Ordinal);
            return names;
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

    public void MakeDirectory(string directory)
    {
        DiskPath.RequireDirectory(directory);
        foreach (var prefix in DiskPath.Prefixes(directory))
            MakeOne(Path.Combine(_root, prefix));
    }

    public IDiskFile Create(string path, long allocateBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(allocateBytes);
        var full = FullFile(path);
        var file = new FileDiskFile(OpenNew(full), full);
        try
        {
            file.Allocate(allocateBytes);
            return file;
        }
        catch (DiskException)
        {
            file.Dispose();
            DeleteIfPossible(full);
            throw;
        }
    }

    public IDiskFile Open(string path)
    {
        var full = FullFile(path);
        try
        {
            var share = FileShare.ReadWrite | FileShare.Delete;
            return new FileDiskFile(File.OpenHandle(full, FileMode.Open, FileAccess.ReadWrite, share), full);
        }
        catch (Exception error) when (DiskErrors.Covers(error))
        {
            throw DiskErrors.From("open", full, error);
        }
    }

    public void Rename(string from, string to)
    {
        var source = FullFile(from);
        var target = FullFile(to);
        var operation = $"rename to {target} the file";
        if (!File.Exists(source))
            throw DiskErrors.From(operation, source, DiskErrors.NoEntry);
        if (LinuxCalls.Available)
        {
            // File.Move would copy where the system cannot rename, which is no single step.
            var number = LinuxCalls.Retry(() => LinuxCalls.Rename(source, target));
            if (number != 0)
                throw DiskErrors.From(operation, source, number);
            return;
        }
        try
        {
            File.Move(source, target, overwrite: true);
        }
        catch (Exception error) when (DiskErrors.Covers(error))
        {
            throw DiskErrors.From(operation, source, error);
        }
    }

    public void Delete(string path)
    {
        var full = FullFile(path);
        try
        {
            File.Delete(full);
        }
        catch (DirectoryNotFoundException)
        {
            // Then the file is not there either.
        }
        catch (Exception error) when (DiskErrors.Covers(error))
        {
            throw DiskErrors.From("delete", full, error);
        }
    }

    public void SyncDirectory(string directory) => Sync(FullDirectory(directory));

    /// <summary>Makes a node's directory with its parents, and their names durable, where they are missing.</summary>
    /// <param name="root">A whole path.</param>
    internal static void MakeRoot(string root)
    {
        if (Directory.Exists(root))
            return;
        if (Path.GetDirectoryName(root) is not { } parent)
            throw DiskErrors.From("make the directory", root, DiskErrors.NoEntry);
        MakeRoot(parent);
        MakeOne(root);
        Sync(parent);
    }

    private static void MakeOne(string path)
    {
        if (Directory.Exists(path))
            return;
        try
        {
            Directory.CreateDirectory(path, OwnerDirectory);
            // What the umask took away.
            File.SetUnixFileMode(path, OwnerDirectory);
        }
        catch (Exception error) when (DiskErrors.Covers(error))
        {
            throw DiskErrors.From("make the directory", path, error);
        }
    }

    private static SafeFileHandle OpenNew(string path)
    {
        try
        {
            // Only a stream can be given a mode; it has no buffer and leaves the handle alone from here on.
            var handle = new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.ReadWrite,
                Share = FileShare.ReadWrite | FileShare.Delete,
                BufferSize = 0,
                UnixCreateMode = OwnerFile,
            }).SafeFileHandle;
            File.SetUnixFileMode(handle, OwnerFile);
            return handle;
        }
        catch (Exception error) when (DiskErrors.Covers(error))
        {
            throw DiskErrors.From("make the file", path, error);
        }
    }

    /// <summary>After a failure that is the one to be told.</summary>
    private static void DeleteIfPossible(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception error) when (DiskErrors.Covers(error))
        {
            // An empty file is left, as IDisk.Create allows.
        }
    }

    private static void Sync(string directory)
    {
        if (!Directory.Exists(directory))
            throw DiskErrors.From("sync the directory", directory, DiskErrors.NoEntry);
        if (!LinuxCalls.Available)
            return;
        var opened = -1;
        var number = LinuxCalls.Retry(
            () => opened = LinuxCalls.Open(directory, LinuxCalls.ReadOnly | LinuxCalls.CloseOnExec, 0));
        if (number != 0)
            throw DiskErrors.From("open the directory", directory, number);
        using var handle = new SafeFileHandle(opened, ownsHandle: true);
        number = LinuxCalls.Retry(() => LinuxCalls.Fsync(handle));
        // Some network file systems have no sync of directories and say so: their names are durable at once.
        if (number is not (0 or DiskErrors.Invalid))
            throw DiskErrors.From("sync the directory", directory, number);
    }

    private string FullFile(string path)
    {
        DiskPath.RequireFile(path);
        return Path.Combine(_root, path);
    }

    private string FullDirectory(string path)
    {
        DiskPath.RequireDirectory(path);
        return Path.Combine(_root, path);
    }
}
