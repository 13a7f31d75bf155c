using System.Runtime.InteropServices;

namespace Warren.Cluster.Links;

/// <summary>
/// What a connection's own threads ask of the kernel, from libc on Linux: glibc and musl, AMD64 and ARM64, where the
/// numbers below are the same. Results below zero leave the errno in <see cref="Marshal.GetLastPInvokeError"/>.
/// </summary>
internal static partial class SocketCalls
{
    public const int Interrupted = 4;
    public const int WouldBlock = 11;

    /// <summary>Do not wait.</summary>
    public const int DoNotWait = 0x40;

    /// <summary>Tell that the other side is gone by an error instead of a signal.</summary>
    public const int NoSignal = 0x4000;

    public const short Readable = 1;
    public const short Writable = 4;

    public const int ShutDownBoth = 2;

    private const int ShutDownReading = 0;
    private const int LevelSocket = 1;
    private const int OptionLinger = 13;

    private const int DuplicateCloseOnExec = 1030;

    /// <summary>The same socket by another number, which no program that is started inherits.</summary>
    public static nint Duplicate(SafeHandle socket) => Control(socket, DuplicateCloseOnExec, 0);

    /// <summary>Waits until it is so, or has failed, or the time is over.</summary>
    public static void Await(SafeHandle socket, short what, int mostMs)
    {
        bool isHeld = false;
        socket.DangerousAddRef(ref isHeld);
        try
        {
            var one = new Wanted { Socket = (int)socket.DangerousGetHandle(), What = what };
            _ = Poll(ref one, 1, mostMs);
        }
        finally
        {
            socket.DangerousRelease();
        }
    }

    /// <summary>Ends the connection at once, by a reset; whoever waits for it waits no longer.</summary>
    public static void Disconnect(SafeHandle socket)
    {
        // An address of no family, as long as the shortest one.
        ReadOnlySpan<byte> nobody = stackalloc byte[16];
        if (Connect(socket, nobody, nobody.Length) == 0)
            return;
        // A kernel that does not do that: closing it resets the connection, and who reads wakes now.
        ReadOnlySpan<int> atOnce = [1, 0];
        _ = SetOption(socket, LevelSocket, OptionLinger, atOnce, sizeof(int) * atOnce.Length);
        _ = ShutDown(socket, ShutDownReading);
    }

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    public static partial nint Receive(SafeHandle socket, Span<byte> bytes, nint count, int flags);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    public static partial nint Send(SafeHandle socket, ReadOnlySpan<byte> bytes, nint count, int flags);

    [LibraryImport("libc", EntryPoint = "shutdown", SetLastError = true)]
    public static partial int ShutDown(SafeHandle socket, int how);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(nint socket);

    [LibraryImport("libc", EntryPoint = "connect", SetLastError = true)]
    private static partial int Connect(SafeHandle socket, ReadOnlySpan<byte> address, int addressBytes);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    private static partial int SetOption(
        SafeHandle socket, int level, int option, ReadOnlySpan<int> value, int valueBytes);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(ref Wanted wanted, nint count, int mostMs);

    /// <summary>A variadic function in C; integers are passed alike on the processors named above.</summary>
    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Control(SafeHandle socket, int command, int argument);

    [StructLayout(LayoutKind.Sequential)]
    private struct Wanted
    {
        public int Socket;
        public short What;
        public short Found;
    }
}
