using System.Globalization;

namespace Warren.Compare;

/// <summary>The figure a step is about, and how the table shows it.</summary>
internal sealed record Measure(Func<Reading, double?> Value, string Format)
{
    internal static Measure Rate { get; } = new(reading => reading.Rate, "#,0'/s'");

    internal static Measure Tail { get; } = new(reading => reading.P99Microseconds / 1000, "'p99 '0.00' ms'");

    internal static Measure Durable { get; } =
        new(reading => reading.DurableMicroseconds / 1000, "'p50 '0.000' ms'");

    internal static Measure Memory { get; } = new(reading => reading.PeakMiB, "#,0' MiB'");

    internal static Measure Start { get; } = new(reading => reading.StartSeconds, "0.00' s'");

    internal static Measure Written { get; } = new(reading => reading.Written, "0.00' B/B'");

    internal static Measure Disk { get; } = new(reading => reading.DiskMiB, "#,0' MiB'");

    internal string Say(double value) => value.ToString(Format, CultureInfo.InvariantCulture);
}
