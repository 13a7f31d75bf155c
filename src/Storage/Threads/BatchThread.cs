using System.Runtime.InteropServices;

namespace Warren.Storage.Threads;

/// <summary>
/// Tells the kernel that a thread's work comes in batches (SCHED_BATCH of sched(7)): who wakes it goes on, instead of
/// being put off its processor at once. On a processor that is idle it runs as soon as ever. On busy ones it finds more
/// to do when its turn comes, so that a round of replication takes more messages with fewer switches
/// (docs/decisions/0021-threads-that-do-not-preempt.md). Needs no privilege.
/// </summary>
public static partial class BatchThread
{
    // linux/sched.h. Threads that such a thread begins, the pool's among them, are not to be like it.
    private const int Batch = 3;
    private const int ResetOnFork = 0x40000000;

    // What syscall(2) is called with on the processors that have a number here: not every C library has the call.
    private static readonly long SetSchedulerCall = RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 when OperatingSystem.IsLinux() => 144,
        Architecture.Arm64 when OperatingSystem.IsLinux() => 119,
        _ => 0,
    };

    /// <summary>
    /// From now on, for the calling thread. A kernel that refuses, or another system, leaves it as it is.
    /// </summary>
    /// <returns>Whether it was so told.</returns>
    public static bool Enter()
    {
        if (SetSchedulerCall == 0)
            return false;
        int priority = 0;
        return SetScheduler(SetSchedulerCall, 0, Batch | ResetOnFork, ref priority) == 0;
    }

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial long SetScheduler(long number, int thread, int policy, ref int priority);
}
