using Warren.Broker;
using Warren.Cluster;
using Warren.Cluster.Identity;
using Warren.Cluster.Links;
using Warren.Storage.Disk;

namespace Warren.Server.Cluster;

/// <summary>
/// Keeps how far each other node was seen (<see cref="PeerRecordsFile"/>): at once when one comes with a new boot or
/// process, every few seconds while logs advance, and at a stop. What is lost by a crash is less than
/// <see cref="NotableLsns"/> and seconds: only a copy that is newer than that would not be noticed.
/// </summary>
internal sealed class SeenPeers : IDisposable
{
    private const long NotableLsns = 1000;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly IDisk _disk;
    private readonly Func<IReadOnlyList<PeerStatus>> _status;
    private readonly LogSink _log;
    private readonly Lock _lock = new();
    private readonly Dictionary<NodeId, PeerRecord> _records;
    private readonly ITimer _timer;
    private bool _hasFailed;
    private bool _isDisposed;

    /// <exception cref="IdentityException">The file is damaged or of a later version.</exception>
    public SeenPeers(IDisk disk, Func<IReadOnlyList<PeerStatus>> status, TimeProvider time, LogSink log)
    {
        _disk = disk;
        _status = status;
        _log = log;
        _records = PeerRecordsFile.Read(disk);
        _timer = time.CreateTimer(_ => Save(NotableLsns), null, Interval, Interval);
    }

    /// <summary>As far as it is kept.</summary>
    public PeerRecord Find(NodeId peer)
    {
        lock (_lock)
            return _records.GetValueOrDefault(peer);
    }

    /// <summary>Somebody has come or gone: what is new of it is kept soon.</summary>
    public void Changed() => _timer.Change(TimeSpan.Zero, Interval);

    /// <summary>Keeps whatever is new, and nothing later: the directory may be another process's then.</summary>
    public void Dispose()
    {
        _timer.Dispose();
        Save(1);
        lock (_lock)
            _isDisposed = true;
    }

    private void Save(long notableLsns)
    {
        lock (_lock)
        {
            if (_isDisposed)
                return;
            var next = new Dictionary<NodeId, PeerRecord>(_records);
            bool isNotable = false;
            foreach (PeerStatus status in _status())
            {
                if (status.Id.IsNone || status.Seen == default)
                    continue;
                PeerRecord before = _records.GetValueOrDefault(status.Id);
                PeerRecord now = before.With(status.Seen);
                isNotable |= now.Boot != before.Boot || now.Process != before.Process
                    || now.DurableLsn - before.DurableLsn >= notableLsns;
                next[status.Id] = now;
            }
            if (isNotable)
                Write(next);
        }
    }

    private void Write(Dictionary<NodeId, PeerRecord> records)
    {
        try
        {
            PeerRecordsFile.Write(_disk, records);
            foreach ((NodeId id, PeerRecord record) in records)
                _records[id] = record;
            _hasFailed = false;
        }
        catch (DiskException error)
        {
            if (!_hasFailed)
            {
                _log(
                    LogLevel.Warning, LogCategory.Default,
                    $"how far other nodes were seen could not be written, which is tried again: {error.Message}");
            }
            _hasFailed = true;
        }
    }
}
