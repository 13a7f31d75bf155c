using System.Collections.Immutable;
using Warren.Cluster;
using Warren.Cluster.Incidents;
using Warren.Storage.Disk;

namespace Warren.Broker.Alarms;

/// <summary>
/// Stops publishers while memory is above its watermark, or the disk has less free than its limit or no space for the
/// log: memory those of all nodes, a disk those to queues that need it (<see cref="DiskAlarms"/>). Memory and disk are
/// measured by the broker's tick; the log says itself that it found no space, on its thread.
/// While the memory alarm is on and messages have left, a collection is forced now and then: memory that is free but
/// not given back would keep publishers out for ever.
/// Invariant: what is on changes under the lock, and each change is told to the log and to the connections once; these
/// read <see cref="ReasonForAll"/> and <see cref="OfDisks"/> for themselves.
/// </summary>
public sealed class NodeAlarms
{
    /// <summary>What connection.blocked says of disks.</summary>
    internal const string LowOnDisk = "low on disk";

    /// <summary>Between forced collections, ms: each stops all threads for some tens of ms.</summary>
    private const int CollectEveryMs = 5000;

    private const long NotMeasured = -1;
    private const long Unknown = -2;

    private readonly MessageBroker _broker;
    private readonly IDisk? _disk;
    private readonly Action<bool>? _scarce;
    private readonly long _machineBytes;
    private MemoryWatermark _memory;
    private DiskLimit _limit;
    private readonly Lock _lock = new();
    private readonly Dictionary<NodeId, string> _peers = [];
    private string? _reason;
    private string? _ownReason;
    private DiskAlarms? _ofDisks;
    private bool _isMemoryOnAnywhere;
    private long _lastCollectionMs;
    private bool _isMemoryOn;
    private bool _isDiskLow;
    private bool _isLogWithoutSpace;
    private long _diskFreeBytes = NotMeasured;

    /// <param name="broker">Whose publishers are stopped.</param>
    /// <param name="disk">Where durable things are kept; null: nothing is.</param>
    /// <param name="scarce">Told when the disk alarm goes on or off.</param>
    internal NodeAlarms(MessageBroker broker, IDisk? disk = null, Action<bool>? scarce = null)
    {
        _broker = broker;
        _disk = disk;
        _scarce = scarce;
        _machineBytes = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        SetLimits(broker.Options);
    }

    /// <summary>The alarms of all nodes, in the words of connection.blocked; null: there are none.</summary>
    public string? Reason => Volatile.Read(ref _reason);

    /// <summary>
    /// Why all publishers are stopped, in the same words; null: those alone to queues that <see cref="OfDisks"/> stop,
    /// or none.
    /// </summary>
    public string? ReasonForAll =>
        OfDisks is not { } disks || Volatile.Read(ref _isMemoryOnAnywhere) || disks.AreOfMost ? Reason : null;

    /// <summary>Of all nodes; null: no disk has the alarm.</summary>
    internal DiskAlarms? OfDisks => Volatile.Read(ref _ofDisks);

    /// <summary>The same for this node's own alarms; other nodes are told.</summary>
    internal string? OwnReason => Volatile.Read(ref _ownReason);

    /// <summary>Bytes above which the memory alarm goes on.</summary>
    public long MemoryLimitBytes => _memory.LimitBytes;

    /// <summary>Bytes of messages above which those that are not stored are written to disk.</summary>
    public long MemoryPagingBytes => (long)(_memory.LimitBytes * _broker.Options.MemoryPagingRatio);

    /// <summary>Memory is above its watermark.</summary>
    public bool IsMemoryOn => Volatile.Read(ref _isMemoryOn);

    /// <summary>The disk has less free than its limit, or no space for the log.</summary>
    public bool IsDiskOn => Volatile.Read(ref _isDiskLow) || Volatile.Read(ref _isLogWithoutSpace);

    /// <summary>The process's resident memory, bytes, as last measured.</summary>
    public long MemoryUsedBytes { get; private set; }

    /// <summary>Bytes of free space below which the disk alarm goes on.</summary>
    public long DiskLimitBytes => _limit.LimitBytes;

    /// <summary>
    /// Free space where the data lies, bytes, as last measured; null: nothing is kept, or it is unknown.
    /// </summary>
    public long? DiskFreeBytes => Volatile.Read(ref _diskFreeBytes) is >= 0 and var freeBytes ? freeBytes : null;

    /// <summary>The disk of a node has the alarm, as far as this one has heard.</summary>
    internal bool HasDiskAlarm(NodeId node) => OfDisks?.Has(node) == true;

    /// <summary>
    /// The log found no space, or has it again. It may find none above the limit as well: a quota, a limit of 0, one
    /// large round.
    /// </summary>
    /// <param name="isExhausted">Whether it has none.</param>
    /// <param name="message">What the disk said.</param>
    public void LogSpaceChanged(bool isExhausted, string message) =>
        SetDisk(null, isExhausted, message.TrimEnd('.'));

    /// <summary>
    /// Other limits than those that the node was started with; they hold until it stops, from the next tick on.
    /// </summary>
    public void SetLimits(BrokerOptions options)
    {
        _memory = MemoryWatermark.From(options, _machineBytes);
        _limit = DiskLimit.From(options, _machineBytes);
    }

    /// <summary>Gives back what memory can be given back, at the price of stopping all threads for a moment.</summary>
    public void CollectNow() => Collect();

    /// <summary>Measures memory, and raises or clears. Called by the broker's tick alone.</summary>
    internal void Tick() => Observe(Environment.WorkingSet);

    /// <summary>
    /// Measures free space, and raises or clears. Called by the broker's tick, more often than memory: a fast disk
    /// fills the default limit in less than a second, and asking is one cheap call.
    /// </summary>
    internal void MeasureDisk()
    {
        if (_disk is null)
            return;
        try
        {
            ObserveFree(_disk.FreeBytes);
        }
        catch (DiskException error)
        {
            // What is on stays on; told once, not with every tick.
            if (Interlocked.Exchange(ref _diskFreeBytes, Unknown) != Unknown)
                _broker.Log(LogLevel.Warning, LogCategory.Default, $"{error.Message} The disk alarm stays as it is.");
        }
    }

    /// <summary>Raises or clears for this amount of free space, as <see cref="Observe"/>.</summary>
    internal void ObserveFree(long freeBytes)
    {
        Volatile.Write(ref _diskFreeBytes, freeBytes);
        SetDisk(_limit.IsUndercutBy(freeBytes), null, $"{freeBytes} bytes free, limit {DiskLimitBytes}");
    }

    /// <summary>
    /// Raises or clears for this amount of used memory. For the tick, and for tests that bring their own amount.
    /// </summary>
    internal void Observe(long usedBytes)
    {
        MemoryUsedBytes = usedBytes;
        bool isOn = _memory.IsExceededBy(MemoryUsedBytes);
        bool wasOn;
        lock (_lock)
        {
            wasOn = _isMemoryOn;
            _isMemoryOn = isOn;
            SetReason();
        }
        if (isOn && wasOn && _broker.NowMs - _lastCollectionMs > CollectEveryMs)
            Collect();
        if (isOn == wasOn)
            return;
        string found = $"{MemoryUsedBytes} bytes used, limit {MemoryLimitBytes}";
        Tell(
            "memory", isOn, found,
            "Publishers are blocked until consumers have made room or vm_memory_high_watermark is raised");
    }

    private void SetDisk(bool? isLow, bool? isLogWithoutSpace, string found)
    {
        bool isOn;
        bool wasOn;
        lock (_lock)
        {
            wasOn = _isDiskLow || _isLogWithoutSpace;
            _isDiskLow = isLow ?? _isDiskLow;
            _isLogWithoutSpace = isLogWithoutSpace ?? _isLogWithoutSpace;
            isOn = _isDiskLow || _isLogWithoutSpace;
            SetReason();
        }
        if (isOn == wasOn)
            return;
        Tell(
            "disk", isOn, found,
            (_broker.QueueLinks is null ? "Publishers" : "Publishers to queues that need this node")
            + " are blocked until space has been freed on the file system of the data directory "
            + "or disk_free_limit is lowered");
        _scarce?.Invoke(isOn);
    }

    /// <summary>
    /// Another node has an alarm: publishers stop on every node, since its queues take from all of them; for its disk's
    /// sake those to queues that need it.
    /// </summary>
    /// <param name="node">Which.</param>
    /// <param name="name">As people call it.</param>
    /// <param name="reason">Null: it has none, or is not there.</param>
    internal void SetPeer(NodeId node, string name, string? reason)
    {
        lock (_lock)
        {
            if (_peers.GetValueOrDefault(node) == reason)
                return;
            if (reason is null)
                _peers.Remove(node);
            else
                _peers[node] = reason;
            SetReason();
        }
        _broker.Log(
            LogLevel.Warning, LogCategory.Default,
            reason is null
                ? $"node {name} has no resource limit alarm any more.{GoOn()}"
                : $"node {name} is {reason}: publishers {(reason == LowOnDisk ? "to queues that need it " : "")}"
                    + "are blocked here too.");
        _broker.Connections.AlarmChanged();
    }

    // RabbitMQ's order of the two.
    private void SetReason()
    {
        bool isDiskOn = _isDiskLow || _isLogWithoutSpace;
        Volatile.Write(ref _ownReason, ReasonOf(isDiskOn, _isMemoryOn));
        ImmutableHashSet<NodeId> low =
        [
            .. _peers.Where(static peer => peer.Value.Contains("disk", StringComparison.Ordinal))
                .Select(static peer => peer.Key),
        ];
        low = isDiskOn ? low.Add(_broker.Definitions.Self) : low;
        bool isMemoryOn = _isMemoryOn
            || _peers.Values.Any(reason => reason.Contains("memory", StringComparison.Ordinal));
        Volatile.Write(ref _isMemoryOnAnywhere, isMemoryOn);
        Volatile.Write(ref _reason, ReasonOf(!low.IsEmpty, isMemoryOn));
        Volatile.Write(ref _ofDisks, low.IsEmpty ? null : new DiskAlarms(_broker, low));
    }

    private static string? ReasonOf(bool isDiskOn, bool isMemoryOn) => (isDiskOn, isMemoryOn) switch
    {
        (true, true) => "low on disk & memory",
        (true, false) => LowOnDisk,
        (false, true) => "low on memory",
        _ => null,
    };

    private void Tell(string resource, bool isOn, string found, string consequence)
    {
        string node = $"on node {_broker.Options.NodeName}";
        _broker.Log(
            LogLevel.Warning,
            LogCategory.Default,
            isOn
                ? $"{resource} resource limit alarm set {node}: {found}. {consequence}."
                : $"{resource} resource limit alarm cleared {node}: {found}.{GoOn()}");
        if (resource == "disk")
        {
            _broker.Note(new Incident(
                IncidentKind.DiskSpace, isOn ? "short" : "enough",
                isOn ? $"disk alarm set: {found}" : $"disk alarm cleared: {found}", isOn ? consequence : ""));
        }
        _broker.QueueLinks?.TellAlarm();
        _broker.Connections.AlarmChanged();
    }

    private string GoOn() => ReasonForAll is { } reason ? $" Publishers stay blocked: {reason}."
        : OfDisks is not null ? " Publishers go on, but for queues that need a node that is low on disk."
        : " Publishers go on.";

    private void Collect()
    {
        _lastCollectionMs = _broker.NowMs;
        _broker.Compact();
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        MemoryUsedBytes = Environment.WorkingSet;
    }
}
