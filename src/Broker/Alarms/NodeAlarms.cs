namespace Warren.Broker.Alarms;

/// <summary>
/// Watches the node's memory and stops publishers above the watermark. Measured by the broker's tick. While the alarm
/// is on and messages have left, a collection is forced now and then: memory that is free but not given back would
/// keep publishers out for ever.
/// </summary>
public sealed class NodeAlarms
{
    /// <summary>Between forced collections, ms: each stops all threads for some tens of ms.</summary>
    private const int CollectEveryMs = 5000;

    private readonly MessageBroker _broker;
    private readonly MemoryWatermark _memory;
    private string? _reason;
    private long _lastCollectionMs;
    private bool _isOn;

    internal NodeAlarms(MessageBroker broker)
    {
        _broker = broker;
        _memory = MemoryWatermark.From(broker.Options, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
    }

    /// <summary>Why publishers are stopped, in the words of connection.blocked; null: they are not.</summary>
    public string? Reason => Volatile.Read(ref _reason);

    /// <summary>Bytes above which the alarm goes on.</summary>
    public long MemoryLimitBytes => _memory.LimitBytes;

    /// <summary>The process's resident memory, bytes, as last measured.</summary>
    public long MemoryUsedBytes { get; private set; }

    /// <summary>Measures, and raises or clears. Called by the broker's tick alone.</summary>
    internal void Tick() => Observe(Environment.WorkingSet);

    /// <summary>
    /// Raises or clears for this amount of used memory. For the tick, and for tests that bring their own amount.
    /// </summary>
    internal void Observe(long usedBytes)
    {
        MemoryUsedBytes = usedBytes;
        bool wasOn = _isOn;
        bool isOn = _isOn = _memory.IsExceededBy(MemoryUsedBytes);
        if (isOn && wasOn && _broker.NowMs - _lastCollectionMs > CollectEveryMs)
            Collect();
        if (isOn != wasOn)
            Tell(isOn);
    }

    private void Tell(bool isOn)
    {
        Volatile.Write(ref _reason, isOn ? "low on memory" : null);
        _broker.Log(
            LogLevel.Warning,
            LogCategory.Default,
            isOn
                ? $"memory resource limit alarm set on node {_broker.Options.NodeName}: "
                    + $"{MemoryUsedBytes} bytes used, limit {MemoryLimitBytes}. "
                    + "Publishers are blocked until consumers have made room or vm_memory_high_watermark is raised."
                : $"memory resource limit alarm cleared on node {_broker.Options.NodeName}: "
                    + $"{MemoryUsedBytes} bytes used, limit {MemoryLimitBytes}. Publishers go on.");
        _broker.Connections.AlarmChanged();
    }

    private void Collect()
    {
        _lastCollectionMs = _broker.NowMs;
        _broker.Compact();
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        MemoryUsedBytes = Environment.WorkingSet;
    }
}
