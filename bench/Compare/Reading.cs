using System.Text.Json.Nodes;

namespace Warren.Compare;

/// <summary>What one step has measured; what it did not measure is null.</summary>
internal sealed record Reading
{
    /// <summary>The reading of a step that does not apply to a broker.</summary>
    internal static Reading None { get; } = new();

    /// <summary>Deliveries a second, or published messages where nobody consumes.</summary>
    internal double? Rate { get; private init; }

    internal double? CpuMicroseconds { get; private init; }

    internal double? PeakMiB { get; private init; }

    internal double? P99Microseconds { get; private init; }

    internal double? IdleCpuPercent { get; private init; }

    /// <summary>As <see cref="IdleCpuPercent"/>, of all nodes of a cluster together.</summary>
    internal double? AllIdleCpuPercent { get; private init; }

    /// <summary>The median time until a confirm, or of one sync of the disk itself.</summary>
    internal double? DurableMicroseconds { get; private init; }

    /// <summary>Bytes the broker had written to disk for each byte of the bodies published.</summary>
    internal double? Written { get; private init; }

    internal double? StartSeconds { get; private init; }

    internal double? DiskMiB { get; private init; }

    /// <summary>The most that the disk's use was above twice the live data.</summary>
    internal double? DiskExcessMiB { get; private init; }

    /// <summary>Whether every message that was due came or still waits.</summary>
    internal bool Complete { get; private init; } = true;

    internal string? Error { get; private init; }

    internal static Reading From(JsonNode json) => new()
    {
        Rate = (double?)(json["rate"] ?? json[(int?)json["consumers"] == 0 ? "publish_rate" : "consume_rate"]),
        CpuMicroseconds = (double?)json["broker_cpu_us_per_message"],
        PeakMiB = (double?)json["rss_after_mib"] ?? (double?)json["broker_rss_peak_mib"],
        P99Microseconds = (double?)json["latency_us"]?["p99"],
        IdleCpuPercent = (double?)json["idle_cpu_percent_of_core"],
        AllIdleCpuPercent = json["idle_cpu_percent_of_core"] is null ? null : 100 * (double?)json["broker_cpu_cores"],
        DurableMicroseconds = (double?)(json["confirm_us"] ?? json["sync_us"])?["p50"],
        Written = (double?)json["written_to_published"],
        DiskMiB = (double?)json["disk_peak_mib"],
        DiskExcessMiB = (double?)json["disk_above_twice_live_mib"],
        Complete = ((bool?)json["drained"] ?? true) && ((long?)json["missing"] ?? 0) == 0,
        Error = (string?)json["error"],
    };

    internal static Reading Failed(string error) => new() { Error = error };

    internal static Reading Started(TimeSpan elapsed) => new() { StartSeconds = elapsed.TotalSeconds };

    /// <summary>What was measured while a node caught up, with that node's time and memory.</summary>
    internal Reading BesideCatchingUp(TimeSpan elapsed, double peakMiB) =>
        this with { StartSeconds = elapsed.TotalSeconds, PeakMiB = peakMiB };

    /// <summary>
    /// This reading as the last of a step: the time of a start before it counts as its own, and so does what went
    /// missing.
    /// </summary>
    internal Reading After(Reading earlier) => this with
    {
        StartSeconds = StartSeconds ?? earlier.StartSeconds,
        Complete = Complete && earlier.Complete,
    };
}
