using System.Diagnostics;

namespace Warren.Load;

/// <summary>Monotonic time in nanoseconds, the same for every process of the machine.</summary>
internal static class Clock
{
    internal const long Microsecond = 1_000;
    internal const long Millisecond = 1_000_000;
    internal const long Second = 1_000_000_000;

    internal static long Now => Stopwatch.GetTimestamp() * (Second / Stopwatch.Frequency);

    internal static double Seconds(long nanoseconds) => nanoseconds / (double)Second;
}
