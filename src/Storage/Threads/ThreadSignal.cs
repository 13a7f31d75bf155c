using System.Runtime.InteropServices;

namespace Warren.Storage.Threads;

/// <summary>
/// What one thread sleeps on: a wish that it go on, kept until it takes it. A futex where there is one: whoever raises
/// it makes one system call if the thread sleeps and none otherwise, where the runtime's own waits make three to five
/// (docs/decisions/0019-threads-of-replication.md).
/// </summary>
public sealed partial class ThreadSignal
{
    private const int Idle = 0;
    private const int Raised = 1;
    private const int Asleep = 2;

    // linux/futex.h, and what syscall(2) is called with on the processors that have a number here.
    private const int WaitPrivate = 0 | 128;
    private const int WakePrivate = 1 | 128;
    private static readonly long FutexCall = RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 when OperatingSystem.IsLinux() => 202,
        Architecture.Arm64 when OperatingSystem.IsLinux() => 98,
        _ => 0,
    };

    private readonly object? _gate = FutexCall == 0 ? new object() : null;

    // Stays where it is: the kernel is given its address.
    private readonly int[] _state = GC.AllocateArray<int>(1, pinned: true);

    /// <summary>From any thread, under any lock: calls nobody.</summary>
    public void Raise()
    {
        if (Interlocked.Exchange(ref _state[0], Raised) != Asleep)
            return;
        if (_gate is null)
        {
            _ = Futex(FutexCall, ref _state[0], WakePrivate, 1, 0, 0, 0);
            return;
        }
        lock (_gate)
            Monitor.Pulse(_gate);
    }

    /// <summary>Until it is raised, or has been since the last time. For one thread.</summary>
    public void Wait()
    {
        while (Interlocked.CompareExchange(ref _state[0], Idle, Raised) != Raised)
        {
            if (Interlocked.CompareExchange(ref _state[0], Asleep, Idle) != Raised)
                Sleep();
        }
    }

    // May return for no reason.
    private void Sleep()
    {
        if (_gate is null)
        {
            _ = Futex(FutexCall, ref _state[0], WaitPrivate, Asleep, 0, 0, 0);
            return;
        }
        lock (_gate)
        {
            if (Volatile.Read(ref _state[0]) == Asleep)
                Monitor.Wait(_gate);
        }
    }

    /// <summary>A variadic function in C; integers are passed alike on the processors named above.</summary>
    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint Futex(
        long number, ref int word, long operation, long value, nint timeout, nint second, long third);
}
