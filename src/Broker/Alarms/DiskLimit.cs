namespace Warren.Broker.Alarms;

/// <summary>When the disk alarm is on: below the limit, and not at it, as RabbitMQ has it. A value.</summary>
/// <param name="LimitBytes">Free space below this raises the alarm.</param>
public readonly record struct DiskLimit(long LimitBytes)
{
    /// <summary>Derives the limit.</summary>
    /// <param name="options"><c>disk_free_limit.relative</c> wins over <c>.absolute</c>.</param>
    /// <param name="machineBytes">
    /// Memory of the machine or of the cgroup, whichever is less; <c>total_memory_available_override_value</c>
    /// replaces it.
    /// </param>
    public static DiskLimit From(BrokerOptions options, long machineBytes) =>
        options.DiskFreeLimit is { } share
            ? new DiskLimit((long)((options.TotalMemoryBytes ?? machineBytes) * share))
            : new DiskLimit(options.DiskFreeLimitBytes);

    /// <summary>Whether publishers must wait while this much is free. A limit of 0 never blocks them.</summary>
    public bool IsUndercutBy(long freeBytes) => freeBytes < LimitBytes;
}
