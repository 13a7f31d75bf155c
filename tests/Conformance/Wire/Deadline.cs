using System.Diagnostics;

namespace Warren.Conformance.Wire;

/// <summary>
/// A point in time until which something is waited for. The one place here that reads a clock or pauses.
/// </summary>
public readonly record struct Deadline(long Timestamp)
{
    /// <summary>The point in time that lies that far ahead.</summary>
    public static Deadline In(TimeSpan patience) =>
        new(Stopwatch.GetTimestamp() + (long)(patience.TotalSeconds * Stopwatch.Frequency));

    /// <summary>What is left until then, never negative.</summary>
    public TimeSpan Left
    {
        get
        {
            TimeSpan left = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), Timestamp);
            return left < TimeSpan.Zero ? TimeSpan.Zero : left;
        }
    }

    /// <summary>True once the point in time has been reached.</summary>
    public bool Passed => Left == TimeSpan.Zero;

    /// <summary>The wall clock, to tell a broker's fresh timestamps from those that a scenario sent.</summary>
    public static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    /// <summary>Blocks the calling thread.</summary>
    public static void Pause(TimeSpan length)
    {
        using ManualResetEventSlim never = new();
        never.Wait(length);
    }

    /// <summary>Polls until the condition holds; false when it did not within the patience.</summary>
    public static bool Await(TimeSpan patience, Func<bool> condition)
    {
        Deadline deadline = In(patience);
        while (!condition())
        {
            if (deadline.Passed)
                return false;
            Pause(TimeSpan.FromMilliseconds(20));
        }

        return true;
    }
}
