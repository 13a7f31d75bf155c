using System.Collections.Concurrent;
using Warren.Storage.Disk;
using Warren.Storage.Threads;
using Warren.Wire;

namespace Warren.Storage.Tests.Threads;

/// <summary>A log that its threads run, with one group, on a disk and a clock that a test commands.</summary>
internal sealed class RunningLog : IStorageWatcher, IGroupOwner, IDisposable
{
    public static readonly NodeLogOptions Small = new()
    {
        SegmentBytes = 16 * 1024,
        CheckpointSpacingBytes = 64 * 1024,
        CheckpointSpacingFactor = 1,
        SpareSegments = 0,
        ReserveBytes = 0,
        ReclaimSlackSegments = 0,
    };

    private readonly LogThreads _threads;
    private readonly LogGroup _group;
    private readonly List<long> _found = [];
    private long _lastIndex;
    private long _told;
    private int _isOutOfSpace;
    private string? _ending;
    private bool _isStopped;

    /// <param name="disk">As another log left it, maybe.</param>
    /// <param name="options">Sizes.</param>
    /// <param name="appendBeforeStart">Bytes of an entry that recovery appends; 0: it appends none.</param>
    public RunningLog(FaultyDisk disk, NodeLogOptions? options = null, int appendBeforeStart = 0)
    {
        options ??= Small;
        Disk = disk;
        _threads = new LogThreads(
            options, this, Time, (error, retry) => Postponed.Enqueue((error.Message, retry)));
        LogGroup? group = null;
        Log = StorageDirectory.Open(
            disk, options, this,
            (log, recovered) =>
            {
                group = log.OpenGroup(recovered.Id, this);
                _lastIndex = recovered.LastIndex.Value;
                while (recovered.TryNext(out RecoveredEntry entry))
                    _found.Add(entry.Index.Value);
            },
            _threads.Wake);
        _group = group ?? Log.OpenGroup(new GroupId(7), this);
        if (appendBeforeStart > 0)
            Append(appendBeforeStart);
        _threads.Start(Log);
    }

    public ManualTime Time { get; } = new();

    public FaultyDisk Disk { get; }

    public NodeLog Log { get; }

    /// <summary>Indexes of the entries that were live at the start.</summary>
    public IReadOnlyList<long> Found => _found;

    /// <summary>What the disk refused in the background, and when it is asked again.</summary>
    public ConcurrentQueue<(string Message, TimeSpan Retry)> Postponed { get; } = new();

    public ConcurrentQueue<StorageFailedException> Failures { get; } = new();

    /// <summary>Up to where the owner was told.</summary>
    public Lsn Told => new(Volatile.Read(ref _told));

    /// <summary>How long the log has been at one round.</summary>
    public TimeSpan RoundAge => _threads.RoundAge;

    public bool IsOutOfSpace => Volatile.Read(ref _isOutOfSpace) != 0;

    public Lsn Append(int bodyBytes, params IndexRange[] releases) => _group.Append(new NewEntry
    {
        Index = new LogIndex(++_lastIndex),
        Body = new byte[bodyBytes],
        Releases = releases,
        IsKept = true,
    }).Lsn;

    /// <summary>Appends an entry that lets all before it go.</summary>
    public Lsn ReleaseAll() => Append(0, new IndexRange(new LogIndex(1), new LogIndex(_lastIndex)));

    public void SetScarce(bool isScarce) => _threads.SetScarce(isScarce);

    /// <summary>Lets time pass until the condition holds, so that pauses and retries come.</summary>
    public Task UntilAsync(Func<bool> condition, int stepMs = 100) => Eventually.True(
        () =>
        {
            Time.Advance(TimeSpan.FromMilliseconds(stepMs));
            return condition();
        },
        () => $"told {Told} of {Log.DurableLsn}, {Log.PendingBytes} bytes wait: {string.Join(", ", Postponed)}");

    public Task ToldAsync(Lsn lsn) => Eventually.True(() => Told >= lsn);

    public string? Stop()
    {
        if (!_isStopped)
            _ending = _threads.Stop();
        _isStopped = true;
        return _ending;
    }

    public void Dispose()
    {
        Stop();
        _threads.Dispose();
    }

    void IStorageWatcher.SpaceChanged(bool isExhausted, string message) =>
        Volatile.Write(ref _isOutOfSpace, isExhausted ? 1 : 0);

    void IStorageWatcher.Failed(StorageFailedException error) => Failures.Enqueue(error);

    void IStorageWatcher.Damaged(string message) => throw new InvalidOperationException(message);

    void IGroupOwner.Durable(Lsn lsn) => Volatile.Write(ref _told, lsn.Value);

    void IGroupOwner.Moved(MovedEntries moves) => moves.Complete();
}
