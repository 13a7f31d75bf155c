using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Warren.Storage.Disk;

/// <summary>
/// One process per data directory: an exclusive flock on its file <c>lock</c>, which names the holder's process id for
/// people to read. The kernel releases it when the process ends, however it ends; the file stays, since removing it
/// would let two processes lock two files of the same name.
/// </summary>
public sealed class DirectoryLock : IDisposable
{
    private readonly SafeFileHandle _file;

    private readonly bool _isReader;

    private DirectoryLock(SafeFileHandle file, bool isReader = false)
    {
        _file = file;
        _isReader = isReader;
    }

    /// <param name="directory">The data directory; made with mode 0700 if it is not there.</param>
    /// <exception cref="DiskException">
    /// <see cref="DiskFailure.Locked"/>: another process has it; otherwise its file cannot be made.
    /// </exception>
    public static DirectoryLock Take(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        directory = Path.GetFullPath(directory);
        FileDisk.MakeRoot(directory);
        var path = Path.Combine(directory, "lock");
        var file = LinuxCalls.Available
            ? OpenAndFlock(directory, path, LinuxCalls.ReadWrite | LinuxCalls.Create, LinuxCalls.LockExclusive)
            : OpenAlone(directory, path);
        try
        {
            if (File.GetUnixFileMode(file) != FileDisk.OwnerFile)
                File.SetUnixFileMode(file, FileDisk.OwnerFile);
            RandomAccess.SetLength(file, 0);
            var line = string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}\n");
            RandomAccess.Write(file, Encoding.ASCII.GetBytes(line), 0);
            return new DirectoryLock(file);
        }
        catch (Exception error) when (DiskErrors.Covers(error))
        {
            file.Dispose();
            throw DiskErrors.From("write the process id into", path, error);
        }
    }

    /// <summary>
    /// Keeps nodes out while a directory is looked at, without changing anything in it; others may look at the same
    /// time. Null: no node has ever used it.
    /// </summary>
    /// <exception cref="DiskException">
    /// <see cref="DiskFailure.Locked"/>: a process has it; otherwise the lock's file cannot be read.
    /// </exception>
    public static DirectoryLock? TakeToRead(string directory)
    {
        directory = Path.GetFullPath(directory);
        var path = Path.Combine(directory, "lock");
        if (!File.Exists(path))
            return null;
        var file = LinuxCalls.Available
            ? OpenAndFlock(directory, path, LinuxCalls.ReadOnly, LinuxCalls.LockShared)
            : OpenAlone(directory, path);
        return new DirectoryLock(file, isReader: true);
    }

    /// <summary>Lets the next process in; a second call does nothing.</summary>
    public void Dispose()
    {
        if (_file.IsClosed)
            return;
        try
        {
            if (!_isReader)
                RandomAccess.SetLength(_file, 0);
        }
        catch (Exception error) when (DiskErrors.Covers(error))
        {
            // The id is for people only; whoever locks the file next writes their own.
        }
        // Said aloud: a child that this process is just starting has the file open too, and would hold the lock.
        if (LinuxCalls.Available)
            LinuxCalls.Retry(() => LinuxCalls.Flock(_file, LinuxCalls.LockRelease));
        _file.Dispose();
    }

    private static SafeFileHandle OpenAndFlock(string directory, string path, int access, int mode)
    {
        var opened = -1;
        var flags = access | LinuxCalls.CloseOnExec;
        var number = LinuxCalls.Retry(() => opened = LinuxCalls.Open(path, flags, 0b110_000_000));
        if (number != 0)
            throw DiskErrors.From("open", path, number);
        var file = new SafeFileHandle(opened, ownsHandle: true);
        number = LinuxCalls.Retry(() => LinuxCalls.Flock(file, mode | LinuxCalls.LockWithoutWaiting));
        if (number == 0)
            return file;
        using (file)
        {
            throw number == DiskErrors.WouldBlock
                ? Locked(directory, HolderOf(file))
                : DiskErrors.From("lock", path, number);
        }
    }

    /// <summary>.NET's own lock, where a second process cannot even read who holds it.</summary>
    private static SafeFileHandle OpenAlone(string directory, string path)
    {
        try
        {
            return File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error) when (error is not (FileNotFoundException or DirectoryNotFoundException))
        {
            throw Locked(directory, "", error);
        }
        catch (Exception error) when (DiskErrors.Covers(error))
        {
            throw DiskErrors.From("open", path, error);
        }
    }

    private static DiskException Locked(string directory, string holder, Exception? cause = null)
    {
        var process = holder.Length > 0 ? $"the process {holder}" : "another process";
        return new DiskException(
            $"Cannot use the data directory {directory}: {process} is using it, and only one may at a time. "
            + "Stop that process first, or give this node a directory of its own.",
            DiskFailure.Locked,
            cause);
    }

    /// <summary>Empty when the holder has not written its id yet, or what is there is no id.</summary>
    private static string HolderOf(SafeFileHandle file)
    {
        try
        {
            Span<byte> buffer = stackalloc byte[32];
            var text = Encoding.ASCII.GetString(buffer[..RandomAccess.Read(file, buffer, 0)]).Trim();
            return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _) ? text : "";
        }
        catch (Exception error) when (DiskErrors.Covers(error))
        {
            return "";
        }
    }
}
