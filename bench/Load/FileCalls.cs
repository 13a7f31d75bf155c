using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Warren.Load;

/// <summary>
/// Calls for files that the runtime does not offer: it syncs with fsync, which writes metadata too, and reserves space
/// without giving the file its length.
/// </summary>
internal static partial class FileCalls
{
    /// <summary>Reserves space and sets the file's length to it.</summary>
    internal static void Reserve(SafeFileHandle file, long bytes)
    {
        int error = PosixFallocateCall(file, 0, bytes);
        if (error != 0)
            throw new IOException($"posix_fallocate: {Marshal.GetPInvokeErrorMessage(error)}");
    }

    internal static void SyncData(SafeFileHandle file)
    {
        if (FdatasyncCall(file) != 0)
            throw new IOException($"fdatasync: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    [LibraryImport("libc", EntryPoint = "posix_fallocate")]
    private static partial int PosixFallocateCall(SafeFileHandle file, long offset, long length);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int FdatasyncCall(SafeFileHandle file);
}
