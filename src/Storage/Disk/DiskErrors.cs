using System.Runtime.InteropServices;

namespace Warren.Storage.Disk;

/// <summary>
/// What the system says, as a <see cref="DiskException"/> that names the operation, the path, the system's words and,
/// where that is clear, what to do.
/// </summary>
internal static class DiskErrors
{
    // Linux's numbers, the same on all its processors that .NET runs on.
    public const int NotPermitted = 1;
    public const int NoEntry = 2;
    public const int Interrupted = 4;
    public const int InputOutput = 5;
    public const int WouldBlock = 11;
    public const int AccessDenied = 13;
    public const int Exists = 17;
    public const int Invalid = 22;
    public const int TooManyOpenFiles = 24;
    public const int FileTooLarge = 27;
    public const int NoSpace = 28;
    public const int ReadOnly = 30;
    public const int NotSupported = 95;
    public const int QuotaExceeded = 122;

    /// <summary>True for what .NET throws when the system refuses, or when the file was closed.</summary>
    public static bool Covers(Exception cause) => cause is IOException and not DiskException
        or UnauthorizedAccessException or ObjectDisposedException or ArgumentOutOfRangeException
        or NotSupportedException;

    /// <param name="operation">What could not be done, to follow "Cannot": "write 512 bytes at 0 of".</param>
    /// <param name="path">The whole path.</param>
    /// <param name="cause">What <see cref="Covers"/> accepts.</param>
    public static DiskException From(string operation, string path, Exception cause) =>
        NumberOf(cause) is { } number
            ? From(operation, path, number, cause)
            : new DiskException($"Cannot {operation} {path}: {WithStop(cause.Message)}", DiskFailure.Other, cause);

    /// <param name="operation">What could not be done, to follow "Cannot".</param>
    /// <param name="path">The whole path.</param>
    /// <param name="number">The system's errno.</param>
    /// <param name="cause">What .NET threw, if it did.</param>
    public static DiskException From(string operation, string path, int number, Exception? cause = null)
    {
        var words = WithStop(Marshal.GetPInvokeErrorMessage(number));
        return new DiskException($"Cannot {operation} {path}: {words}{Advice(number)}", FailureOf(number), cause);
    }

    private static int? NumberOf(Exception cause) => cause switch
    {
        FileNotFoundException or DirectoryNotFoundException or DriveNotFoundException => NoEntry,
        ArgumentOutOfRangeException => FileTooLarge,
        UnauthorizedAccessException { InnerException: IOException inner } => NumberOf(inner),
        // .NET leaves the errno in HResult where it has no exception of its own for it.
        IOException { HResult: > 0 and < 4096 } => cause.HResult,
        _ => null,
    };

    private static DiskFailure FailureOf(int number) => number switch
    {
        NoSpace or QuotaExceeded => DiskFailure.NoSpace,
        NoEntry => DiskFailure.Missing,
        WouldBlock => DiskFailure.Locked,
        _ => DiskFailure.Other,
    };

    private static string Advice(int number) => number switch
    {
        NoSpace => " Free space on its file system.",
        QuotaExceeded => " Free space or raise the quota of the user that runs the node.",
        AccessDenied or NotPermitted =>
            " The data directory and all in it must belong to the user that runs the node.",
        ReadOnly => " Mount its file system writable; a file system that turned read-only had an I/O error before.",
        InputOutput => " See the kernel's log for what the device reported, and replace the device if it is failing.",
        TooManyOpenFiles => " Raise the limit of open files of the node's process.",
        _ => "",
    };

    private static string WithStop(string sentence) => sentence.EndsWith('.') ? sentence : sentence + ".";
}
