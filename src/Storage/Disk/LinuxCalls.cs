using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Warren.Storage.Disk;

/// <summary>
/// What .NET has no exact call for, from libc: glibc and musl, AMD64 and ARM64, where off_t has 64 bits and the flags
/// below are the same. Results below zero leave the errno in <see cref="Marshal.GetLastPInvokeError"/>.
/// Callers ask <see cref="Available"/> first and fall back to .NET's nearest call.
/// </summary>
internal static partial class LinuxCalls
{
    public const int ReadOnly = 0;
    public const int ReadWrite = 2;
    public const int Create = 0x40;
    public const int CloseOnExec = 0x80000;

    public const int LockShared = 1;
    public const int LockExclusive = 2;
    public const int LockWithoutWaiting = 4;
    public const int LockRelease = 8;

    public static bool Available => OperatingSystem.IsLinux();

    /// <summary>Calls again as long as a signal interrupts. Returns 0 or the errno.</summary>
    public static int Retry(Func<int> call)
    {
        int number;
        do
        {
            if (call() >= 0)
                return 0;
            number = Marshal.GetLastPInvokeError();
        }
        while (number == DiskErrors.Interrupted);
        return number;
    }

    /// <summary>A variadic function in C; integers are passed alike on the processors named above.</summary>
    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    public static partial int Flock(SafeFileHandle file, int operation);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    public static partial int Fsync(SafeFileHandle file);

    /// <summary>Bytes, and of the attributes what is needed to read them again: the size.</summary>
    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    public static partial int Fdatasync(SafeFileHandle file);

    /// <summary>With mode 0 the size grows to what is reserved.</summary>
    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    public static partial int Fallocate(SafeFileHandle file, int mode, long offset, long lengthBytes);

    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Rename(string from, string to);
}
