using System.Runtime.InteropServices;

namespace Warren.Load;

/// <summary>
/// The Linux calls behind the event loops. The runtime's own socket engine would add a thread of its own and a hop for
/// every wake-up, which is exactly what a load tool must not spend on the two cores it shares with the broker.
/// </summary>
internal static partial class Native
{
    internal const uint EpollIn = 0x001;
    internal const uint EpollOut = 0x004;
    internal const uint EpollError = 0x008;
    internal const uint EpollHangUp = 0x010;
    internal const uint EpollEdge = 1u << 31;

    internal const short PollIn = 1;
    internal const short PollOut = 4;

    private const int MessageDontWait = 0x40;
    private const int MessageNoSignal = 0x4000;
    private const int ErrorTryAgain = 11;
    private const int ErrorInterrupted = 4;
    private const int ControlAdd = 1;
    private const int SetTimerSlack = 29;

    // struct epoll_event is packed on x86-64 only.
    private static readonly int EventStride = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
    private static readonly int EventTokenAt = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;

    /// <summary>Bytes received, 0 when the peer has closed, -1 when nothing waits.</summary>
    internal static unsafe int Receive(int socket, Span<byte> into)
    {
        fixed (byte* bytes = into)
        {
            nint count = ReceiveCall(socket, bytes, into.Length, MessageDontWait);
            return count >= 0 ? (int)count : WouldBlock("recv");
        }
    }

    /// <summary>Bytes taken by the socket, -1 when it takes none now.</summary>
    internal static unsafe int Send(int socket, ReadOnlySpan<byte> from)
    {
        fixed (byte* bytes = from)
        {
            nint count = SendCall(socket, bytes, from.Length, MessageDontWait | MessageNoSignal);
            return count >= 0 ? (int)count : WouldBlock("send");
        }
    }

    internal static int CreateEpoll()
    {
        int epoll = EpollCreateCall(0);
        return epoll >= 0 ? epoll : throw Failed("epoll_create1");
    }

    internal static unsafe void Watch(int epoll, int socket, int token, uint events)
    {
        byte* one = stackalloc byte[16];
        *(uint*)one = events;
        *(long*)(one + EventTokenAt) = token;
        if (EpollControlCall(epoll, ControlAdd, socket, one) != 0)
            throw Failed("epoll_ctl");
    }

    internal static byte[] EventBuffer(int count) => new byte[count * 16];

    /// <summary>Collects what is ready without waiting; returns how many events were written.</summary>
    internal static unsafe int Collect(int epoll, byte[] events, int timeoutMs)
    {
        fixed (byte* bytes = events)
        {
            int count = EpollWaitCall(epoll, bytes, events.Length / 16, timeoutMs);
            if (count >= 0)
                return count;
            return Marshal.GetLastPInvokeError() == ErrorInterrupted ? 0 : throw Failed("epoll_wait");
        }
    }

    internal static (uint Events, int Token) EventAt(byte[] events, int index)
    {
        ReadOnlySpan<byte> one = events.AsSpan(index * EventStride);
        return (MemoryMarshal.Read<uint>(one), (int)MemoryMarshal.Read<long>(one[EventTokenAt..]));
    }

    /// <summary>Waits with nanosecond resolution until the descriptor is ready; false when the time is over.</summary>
    internal static unsafe bool Wait(int descriptor, short events, long timeoutNanoseconds)
    {
        var one = new PollEntry { Descriptor = descriptor, Events = events };
        var timeout = new Timespec
        {
            Seconds = (nint)(timeoutNanoseconds / Clock.Second),
            Nanoseconds = (nint)(timeoutNanoseconds % Clock.Second),
        };
        return PollCall(&one, 1, &timeout, null) > 0;
    }

    /// <summary>Lets this thread's short waits end on time instead of up to 50 microseconds late.</summary>
    internal static void UsePreciseTimers() => _ = ProcessControlCall(SetTimerSlack, 1, 0, 0, 0);

    internal static void Close(int descriptor) => _ = CloseCall(descriptor);

    private static int WouldBlock(string call) =>
        Marshal.GetLastPInvokeError() is ErrorTryAgain or ErrorInterrupted ? -1 : throw Failed(call);

    private static IOException Failed(string call) => new($"{call}: {Marshal.GetLastPInvokeErrorMessage()}");

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    private static unsafe partial nint ReceiveCall(int socket, byte* buffer, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    private static unsafe partial nint SendCall(int socket, byte* buffer, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial int EpollCreateCall(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static unsafe partial int EpollControlCall(int epoll, int operation, int descriptor, byte* one);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    private static unsafe partial int EpollWaitCall(int epoll, byte* events, int count, int timeoutMs);

    [LibraryImport("libc", EntryPoint = "ppoll", SetLastError = true)]
    private static unsafe partial int PollCall(PollEntry* entries, nint count, Timespec* timeout, void* mask);

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    private static partial int ProcessControlCall(int option, nuint first, nuint second, nuint third, nuint fourth);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int CloseCall(int descriptor);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollEntry
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Timespec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
