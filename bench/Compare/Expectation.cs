using System.Globalization;

namespace Warren.Compare;

/// <summary>What a step has to reach: a ratio to the other broker or to another step, or a figure as such.</summary>
internal sealed class Expectation
{
    // What is published in the measured time may be written just outside of it.
    private const double LeastWritten = 0.9;

    private readonly Func<Outcome, double?> _value;
    private readonly Func<double, bool> _reached;
    private readonly string _format;

    private Expectation(string text, Func<Outcome, double?> value, Func<double, bool> reached, string format)
    {
        Text = text;
        _value = value;
        _reached = reached;
        _format = format;
    }

    /// <summary>How the table tells it.</summary>
    internal string Text { get; }

    internal static Expectation RateAtLeast(double ratio) => AtLeast(
        ratio, Say($"rate {ratio:0.#}x or more"), outcome => outcome.RatioOf(reading => reading.Rate));

    internal static Expectation RatePerSecond(double least) => new(
        Say($"{least:#,0}/s or more"), outcome => outcome.Warren.Median(reading => reading.Rate, outcome.Step),
        actual => actual >= least, "#,0'/s'");

    internal static Expectation MemoryAtMost(double ratio) => AtMost(
        ratio, Say($"memory {ratio:0.00}x or less"),
        outcome => outcome.Warren.PeakRatioTo(outcome.Other, outcome.Step), "0.00'x'");

    internal static Expectation TailAtMost(double ratio) => AtMost(
        ratio, Say($"p99 {ratio:0.0}x or less"),
        outcome => outcome.RatioOf(reading => reading.P99Microseconds), "0.00'x'");

    internal static Expectation SteadyWithin(double share) => AtLeast(
        share, Say($"lowest rate {share:0%} of the best or more"), outcome => outcome.Warren.LowestToBest());

    internal static Expectation CpuAtMost(double ratio) => AtMost(
        ratio, Say($"CPU a message {ratio:0.0#}x or less"),
        outcome => outcome.RatioOf(reading => reading.CpuMicroseconds), "0.000'x'");

    /// <summary>Of a step of the scenario, the first of which is 0.</summary>
    internal static Expectation ShareOf(int step, double share) => AtLeast(
        share, Say($"rate {share:0%} of line {step + 1} or more"),
        outcome => outcome.Warren.RatioToStep(reading => reading.Rate, step, outcome.Step));

    /// <summary>Of what the steps before and after it have measured on the disk itself.</summary>
    internal static Expectation ConfirmAtMost(double floors) => AtMost(
        floors, Say($"p50 {floors:0.0}x the disk's or less"),
        outcome => outcome.Warren.RatioToNeighbours(reading => reading.DurableMicroseconds, outcome.Step), "0.00'x'");

    internal static Expectation IdleBelow(double percent) => Below(
        percent, Say($"idle CPU under {percent}% of a core"), reading => reading.IdleCpuPercent, "0.00'%'");

    /// <summary>Of all nodes together.</summary>
    internal static Expectation IdleOfAllBelow(double percent) => Below(
        percent, Say($"idle CPU of all nodes under {percent}% of a core"), reading => reading.AllIdleCpuPercent,
        "0.00'%'");

    /// <summary>Nor much less than what was published: that would not be durable.</summary>
    internal static Expectation WrittenBelow(double times) => new(
        Say($"written under {times:0.0}x the published"),
        outcome => outcome.Warren.Median(reading => reading.Written, outcome.Step),
        actual => actual < times && actual > LeastWritten, "0.00'x'");

    internal static Expectation StartBelow(double seconds) => Below(
        seconds, Say($"in under {seconds} s"), reading => reading.StartSeconds, "0.00' s'");

    internal static Expectation MemoryBelow(double limitMiB) => Below(
        limitMiB, Say($"memory under {limitMiB} MiB"), reading => reading.PeakMiB, "0' MiB'");

    internal static Expectation DiskExcessBelow(double limitMiB) => Below(
        limitMiB, Say($"disk within 2x the live data plus {limitMiB} MiB"),
        reading => reading.DiskExcessMiB, "'2x live plus '0' MiB'");

    /// <summary>Whether it is reached, with the value that says so; a dash when there is nothing to judge.</summary>
    internal string Judge(Outcome outcome)
    {
        if (_value(outcome) is not { } value)
            return "-";
        string said = value.ToString(_format, CultureInfo.InvariantCulture);
        return _reached(value) && outcome.Warren.Complete(outcome.Step) ? $"OK {said}" : $"missed {said}";
    }

    private static Expectation AtLeast(double least, string text, Func<Outcome, double?> value) =>
        new(text, value, actual => actual >= least, "0.00'x'");

    private static Expectation AtMost(double most, string text, Func<Outcome, double?> value, string format) =>
        new(text, value, actual => actual <= most, format);

    private static Expectation Below(double limit, string text, Func<Reading, double?> value, string format) =>
        new(text, outcome => outcome.Warren.Median(value, outcome.Step), actual => actual < limit, format);

    private static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
