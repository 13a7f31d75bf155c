using System.Globalization;

namespace Warren.Compare;

/// <summary>What a scenario has to reach, as a ratio to the other broker or among its own steps.</summary>
internal sealed class Expectation
{
    private readonly Func<Result, Result?, double?> _value;
    private readonly Func<double, Result, bool> _reached;

    private Expectation(string text, Func<Result, Result?, double?> value, Func<double, Result, bool> reached)
    {
        Text = text;
        _value = value;
        _reached = reached;
    }

    /// <summary>How the table tells it.</summary>
    internal string Text { get; }

    internal static Expectation RateAtLeast(double ratio) => new(
        Say($"rate {ratio:0.#}x or more"),
        (warren, other) => warren.RatioTo(other, reading => reading.Rate),
        (value, _) => value >= ratio);

    internal static Expectation MemoryAtMost(double ratio, double idleCpuPercent) => new(
        Say($"memory {ratio:0.00}x or less, idle CPU under {idleCpuPercent}% of a core"),
        (warren, other) => warren.RatioTo(other, reading => reading.PeakMiB),
        (value, warren) => value <= ratio && warren.Median(reading => reading.IdleCpuPercent) < idleCpuPercent);

    internal static Expectation TailAtMost(double ratio) => new(
        Say($"p99 {ratio:0.0}x or less"),
        (warren, other) => warren.RatioTo(other, reading => reading.P99Microseconds),
        (value, _) => value <= ratio);

    internal static Expectation SteadyWithin(double share) => new(
        Say($"lowest rate {share:0%} of the best or more"),
        (warren, _) => warren.LowestToBest(),
        (value, _) => value >= share);

    /// <summary>The ratio and whether it is enough; no ratio when there is nothing to compare with.</summary>
    internal (double? Ratio, string Verdict) Judge(Result warren, Result? other)
    {
        if (warren.Failure is { } failure)
            return (null, $"FAILED: {failure}");
        double? value = _value(warren, other);
        return (value, value is null ? "-" : _reached(value.Value, warren) ? "OK" : "below");
    }

    private static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
