using System.Diagnostics;

namespace Warren.Faults.Nodes;

/// <summary>A file system in memory that is soon full; goes when disposed. Only root can make one.</summary>
internal sealed class SmallFileSystem : IDisposable
{
    private readonly string _path;

    private SmallFileSystem(string path) => _path = path;

    /// <summary>Mounts one, or says why that is not possible.</summary>
    public static SmallFileSystem? Mount(string path, int mebibytes, out string reason)
    {
        Directory.CreateDirectory(path);
        (int code, reason) = Run($"mount -t tmpfs -o size={mebibytes}m,mode=0700 warren-faults '{path}'");
        return code == 0 ? new SmallFileSystem(path) : null;
    }

    /// <summary>Bytes that are free.</summary>
    public long FreeBytes => new DriveInfo(_path).AvailableFreeSpace;

    public void Dispose()
    {
        (int code, string said) = Run($"umount '{_path}'");
        if (code != 0)
            throw new IOException($"{_path} cannot be unmounted: {said}");
    }

    private static (int Code, string Said) Run(string command)
    {
        using Process process = Process.Start(
            new ProcessStartInfo("/bin/sh", ["-c", $"{command} 2>&1"]) { RedirectStandardOutput = true })!;
        string said = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, said.Trim());
    }
}
