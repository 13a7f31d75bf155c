using Warren.Broker.Durability;
using Warren.Broker.Tests.Connections;
using Warren.Storage;
using Warren.Storage.Disk;
using Warren.Storage.Inspection;
using Warren.Wire;

namespace Warren.Broker.Tests.Durability;

/// <summary>A broker with clients, whose log is committed when the test says so, on a disk that may crash.</summary>
internal sealed class DurableNode : IStorageWatcher, IAsyncDisposable
{
    private readonly StorageBackground _background;
    private readonly NodeLogOptions _options;
    private readonly BrokerOptions? _broker;

    public DurableNode(
        FaultyDisk? disk = null, ManualTime? time = null, NodeLogOptions? options = null, BrokerOptions? broker = null)
    {
        _broker = broker;
        _options = options ?? new NodeLogOptions
        {
            SegmentBytes = 64 * 1024,
            CheckpointSpacingBytes = 16 * 1024,
            ReclaimSlackSegments = 0,
        };
        Disk = disk ?? new FaultyDisk();
        Host = new BrokerHost(broker, new StorageSetup(Disk, _options, this, () => { }), time, Turns);
        _background = new StorageBackground(Log, _options, this);
    }

    public FaultyDisk Disk { get; }

    public BrokerHost Host { get; }

    public HeldTurns Turns { get; } = new();

    public NodeLog Log => Host.Broker.Storage!;

    /// <summary>What the log's watcher was told.</summary>
    public List<string> Told { get; } = [];

    public long OutstandingBytes => Host.Broker.Slabs.OutstandingBytes;

    /// <summary>Syncs what has been appended so far.</summary>
    public void Commit()
    {
        while (Log.CommitRound() == CommitOutcome.Committed)
        {
        }
    }

    /// <summary>Syncs whatever comes, until the task is done.</summary>
    public async Task<T> CommittingAsync<T>(Task<T> task)
    {
        await Eventually.True(() =>
        {
            Commit();
            return task.IsCompleted;
        });
        return await task;
    }

    /// <summary>A checkpoint, and reclaim of what is mostly dead.</summary>
    public void Reclaim()
    {
        _background.MakeCheckpoint();
        Commit();
        _background.RunOnce();
        Commit();
    }

    /// <summary>Entries that the next start would find of queues.</summary>
    public long LiveQueueEntries() => StorageInspection.Read(Disk.PeekCrash(new Random(1), CrashMode.LoseAll)).Groups
        .Where(group => group.Group.Value >= DurableGroups.FirstDefinitionIndex).Sum(group => group.LiveEntries);

    public async Task<DurableClient> ConnectAsync() => new(this, await CommittingAsync(Host.ConnectWithChannelAsync()));

    /// <summary>The power fails, and the node starts again: what was not synced is gone.</summary>
    /// <param name="downtime">How long that takes, on the wall.</param>
    public async Task<DurableNode> CrashAsync(TimeSpan downtime = default)
    {
        FaultyDisk found = Disk.PeekCrash(new Random(1), CrashMode.LoseAll);
        return await RestartAsync(found, downtime);
    }

    /// <summary>Stops in order, as a server does, and starts again.</summary>
    public async Task<DurableNode> StopAsync(TimeSpan downtime = default)
    {
        await Host.CutAsync();
        Task saved = Host.Broker.SaveQueuesAsync();
        await Eventually.True(() => saved.IsCompleted);
        Commit();
        FaultyDisk found = Disk.PeekCrash(new Random(1), CrashMode.LoseAll);
        return await RestartAsync(found, downtime);
    }

    public ValueTask DisposeAsync() => Host.DisposeAsync();

    void IStorageWatcher.SpaceChanged(bool isExhausted, string message) => Told.Add(message);

    void IStorageWatcher.Failed(StorageFailedException error) => Told.Add(error.Message);

    void IStorageWatcher.Damaged(string message) => Told.Add(message);

    private async Task<DurableNode> RestartAsync(FaultyDisk found, TimeSpan downtime)
    {
        var time = new ManualTime();
        time.Advance(Host.Time.GetUtcNow() - time.GetUtcNow() + downtime);
        await DisposeAsync();
        return new DurableNode(found, time, _options, _broker);
    }
}
