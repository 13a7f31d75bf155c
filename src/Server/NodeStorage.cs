using Warren.Broker;
using Warren.Broker.Durability;
using Warren.Cluster.Incidents;
using Warren.Server.Cluster;
using Warren.Server.Configuration;
using Warren.Storage;
using Warren.Storage.Disk;
using Warren.Storage.Threads;

namespace Warren.Server;

/// <summary>
/// A node's data directory while the node runs: its lock, its disk, the threads of its log, and what these have to say
/// to the operator. The broker opens the log itself, with <see cref="Setup"/>, and is then handed to
/// <see cref="Start"/>.
/// </summary>
internal sealed class NodeStorage : IStorageWatcher, IDisposable
{
    private readonly string _directory;
    private readonly DirectoryLock _lock;
    private readonly LogSink _log;
    private readonly Action<string> _endProcess;
    private readonly IncidentSink _incidents;
    private readonly LogThreads _threads;
    private MessageBroker? _broker;
    private (bool IsExhausted, string Message)? _spaceAtStart;

    private NodeStorage(string directory, DirectoryLock held, NodeSeams seams, LogSink log)
    {
        _directory = directory;
        _lock = held;
        _log = log;
        _endProcess = seams.EndProcess;
        _incidents = seams.Incidents;
        IDisk disk = seams.OpenDisk(directory);
        MakeRecordFolder(disk);
        var options = NodeLogOptions.For(disk.TotalBytes);
        _threads = new LogThreads(options, this, seams.Time, Postponed);
        Setup = new StorageSetup(
            disk, options, this, _threads.Wake, _threads.SetScarce, () => _threads.RoundAge)
        {
            Incidents = seams.Incidents,
        };
    }

    /// <summary>What the broker opens its log with.</summary>
    public StorageSetup Setup { get; }

    /// <summary>Locks the directory, which is made if it is not there.</summary>
    /// <exception cref="DiskException">Another process has it, or it cannot be used.</exception>
    public static NodeStorage Open(string directory, NodeSeams seams, LogSink log)
    {
        DirectoryLock held = DirectoryLock.Take(directory);
        try
        {
            return new NodeStorage(directory, held, seams, log);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>Runs the log that the broker has opened, until <see cref="Dispose"/>.</summary>
    public void Start(MessageBroker broker)
    {
        _broker = broker;
        if (_spaceAtStart is { } space)
            broker.Alarms.LogSpaceChanged(space.IsExhausted, space.Message);
        NodeLog log = broker.Storage!;
        _threads.Start(log);
        string free = broker.Alarms.DiskFreeBytes is { } freeBytes ? $"{freeBytes} bytes" : "unknown how much";
        _log(
            LogLevel.Info, LogCategory.Default,
            $"data directory {_directory}: the log goes on behind LSN {log.DurableLsn}; "
            + $"{free} free, publishers are blocked below {broker.Alarms.DiskLimitBytes} bytes");
    }

    /// <summary>
    /// Makes durable what the broker has appended, makes a checkpoint, lets the next process in. Nobody appends any
    /// more.
    /// </summary>
    public void Dispose()
    {
        if (_threads.Stop() is { } undone)
            _log(LogLevel.Warning, LogCategory.Default, $"data directory {_directory}: {undone}");
        _threads.Dispose();
        _lock.Dispose();
    }

    void IStorageWatcher.SpaceChanged(bool isExhausted, string message)
    {
        if (_broker is null)
            _spaceAtStart = (isExhausted, message);
        else
            _broker.Alarms.LogSpaceChanged(isExhausted, message);
    }

    void IStorageWatcher.Failed(StorageFailedException error)
    {
        string sentence =
            $"{error.Message} What was confirmed before is kept in {_directory}: "
            + "start the node again when the disk is sound.";
        _log(LogLevel.Error, LogCategory.Default, sentence);
        _incidents(new Incident(
            IncidentKind.DiskFailed, _directory, $"the node has ended: {error.Message.TrimEnd('.')}",
            "start it again when the disk is sound; what was confirmed before is kept"));
        _endProcess(sentence);
    }

    void IStorageWatcher.Damaged(string message)
    {
        _log(LogLevel.Error, LogCategory.Default, $"data directory {_directory} is damaged: {message}");
        _incidents(new Incident(
            IncidentKind.DamagedData, _directory, $"data directory {_directory} is damaged: {message}",
            "'warren storage check' tells what is concerned; look after the disk"));
    }

    private void Postponed(DiskException error, TimeSpan retry)
    {
        string what = $"the node log could not be checkpointed or reclaimed, which is tried again in "
            + $"{retry.TotalSeconds:0} s; until then its files grow, and nothing is lost: {error.Message}";
        _log(LogLevel.Warning, LogCategory.Default, what);
        _incidents(new Incident(IncidentKind.DiskFailed, "reclaim", what.TrimEnd('.'), "look after the disk"));
    }

    // The record itself makes none: it might bring a directory back that is being moved.
    private static void MakeRecordFolder(IDisk disk)
    {
        try
        {
            disk.MakeDirectory(NodeDirectory.Incidents);
            disk.SyncDirectory("");
        }
        catch (DiskException)
        {
            // Incidents wait in memory for a start that can.
        }
    }
}
