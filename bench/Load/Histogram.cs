using System.Numerics;
using System.Text.Json.Nodes;

namespace Warren.Load;

/// <summary>
/// Counts durations in nanoseconds in buckets at most 1/64 wide relative to their value. One thread records; it is
/// read after that thread has ended.
/// </summary>
internal sealed class Histogram
{
    private const int StepBits = 6;
    private const int Steps = 1 << StepBits;

    private readonly long[] _counts = new long[Steps * (64 - StepBits)];
    private long _total;
    private long _largest;

    internal void Record(long nanoseconds)
    {
        long value = Math.Max(0, nanoseconds);
        _counts[BucketOf(value)]++;
        _total++;
        if (value > _largest)
            _largest = value;
    }

    internal void Add(Histogram other)
    {
        for (int i = 0; i < _counts.Length; i++)
            _counts[i] += other._counts[i];
        _total += other._total;
        _largest = Math.Max(_largest, other._largest);
    }

    internal JsonObject? ToJson() => _total == 0 ? null : new JsonObject
    {
        ["count"] = _total,
        ["p50"] = Microseconds(0.50),
        ["p99"] = Microseconds(0.99),
        ["p999"] = Microseconds(0.999),
        ["max"] = Math.Round(_largest / (double)Clock.Microsecond, 1),
    };

    private double Microseconds(double share)
    {
        long wanted = Math.Max(1, (long)Math.Ceiling(_total * share));
        for (int i = 0; i < _counts.Length; i++)
        {
            wanted -= _counts[i];
            if (wanted <= 0)
                return Math.Round(Math.Min(_largest, UpperEnd(i)) / (double)Clock.Microsecond, 1);
        }

        return 0;
    }

    // The first 64 buckets hold one value each; from there every power of two is cut into 64 steps.
    private static int BucketOf(long value)
    {
        if (value < Steps)
            return (int)value;
        int shift = BitOperations.Log2((ulong)value) - StepBits;
        return ((shift + 1) << StepBits) + (int)((value >> shift) & (Steps - 1));
    }

    private static long UpperEnd(int bucket)
    {
        if (bucket < Steps)
            return bucket;
        int shift = (bucket >> StepBits) - 1;
        return (((long)(bucket & (Steps - 1)) + Steps + 1) << shift) - 1;
    }
}
