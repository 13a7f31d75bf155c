namespace Warren.Broker.Alarms;

/// <summary>
/// When the memory alarm is on: above the limit, and not a byte below it, as RabbitMQ has it. A value; whoever samples
/// memory keeps it and asks with each sample, so how long a burst is seen depends on the sampling alone.
/// </summary>
/// <param name="LimitBytes">Used memory above this raises the alarm.</param>
public readonly record struct MemoryWatermark(long LimitBytes)
{
    /// <summary>Derives the limit.</summary>
    /// <param name="options">
    /// <c>vm_memory_high_watermark.absolute</c> wins over <c>.relative</c>; neither goes past what there is.
    /// </param>
    /// <param name="machineBytes">
    /// Memory of the machine or of the cgroup, whichever is less; <c>total_memory_available_override_value</c>
    /// replaces it.
    /// </param>
    public static MemoryWatermark From(BrokerOptions options, long machineBytes)
    {
        long totalBytes = options.TotalMemoryBytes ?? machineBytes;
        if (options.MemoryHighWatermarkBytes is { } absolute)
            return new MemoryWatermark(Math.Min(absolute, totalBytes));
        double share = Math.Clamp(options.MemoryHighWatermark, 0.0, 1.0);
        return new MemoryWatermark((long)(totalBytes * share));
    }

    /// <summary>
    /// Whether publishers must wait while this much memory is used. A limit of 0 blocks them always.
    /// </summary>
    public bool IsExceededBy(long usedBytes) => usedBytes > LimitBytes;
}
