using System.Text.Json.Nodes;

namespace Warren.Compare;

/// <summary>What one command of the load tool has measured.</summary>
internal sealed record Reading(
    double? Rate,
    double? CpuMicroseconds,
    double? PeakMiB,
    double? P99Microseconds,
    double? IdleCpuPercent,
    bool Drained,
    string? Error)
{
    internal static Reading From(JsonNode json) => new(
        (double?)json["consume_rate"],
        (double?)json["broker_cpu_us_per_message"],
        (double?)json["rss_after_mib"] ?? (double?)json["broker_rss_peak_mib"],
        (double?)json["latency_us"]?["p99"],
        (double?)json["idle_cpu_percent_of_core"],
        (bool?)json["drained"] ?? true,
        (string?)json["error"]);
}
