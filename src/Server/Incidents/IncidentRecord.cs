using System.Collections.Immutable;
using System.Globalization;
using Warren.Broker;
using Warren.Cluster.Incidents;
using Warren.Storage.Disk;

namespace Warren.Server.Incidents;

/// <summary>
/// What has been lost, refused or damaged on this node, in its data directory, so that an operator finds it also after
/// the log has gone. Whoever has something to note leaves it and goes on; a thread of the record's own writes it, and
/// tries again for as long as the disk does not take it. Bounded in memory and on disk, whatever comes
/// (<see cref="IncidentStorm"/>, <see cref="RecordFile"/>). Any thread.
/// </summary>
public sealed class IncidentRecord : IDisposable
{
    /// <summary>That many wait at most for a disk that takes nothing; then the newest are lost, and counted.</summary>
    private const int MostWaiting = 500;

    /// <summary>Between looks at what is counted, and attempts of a disk that has refused.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>A disk that stands still must not keep the process from ending.</summary>
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(2);

    private readonly Func<IDisk?> _open;
    private readonly TimeProvider _time;
    private readonly LogSink _log;
    private readonly object _gate = new();
    private readonly IncidentStorm _storm = new();
    private readonly Thread _writer;

    // Guarded by _gate. The writer alone takes lines out, once they are on the disk.
    private readonly List<KeptIncident> _waiting = [];
    private long _lost;
    private bool _isStopping;
    private bool _isPausing;

    /// <param name="open">
    /// Opens the data directory, which may be another one each time, without making it; null: it is not there.
    /// </param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Where what nobody has logged yet is told.</param>
    public IncidentRecord(Func<IDisk?> open, TimeProvider time, LogSink log)
    {
        _open = open;
        _time = time;
        _log = log;
        _writer = new Thread(Write) { IsBackground = true, Name = "incidents" };
        _writer.Start();
    }

    /// <summary>Leaves one; has the form of <see cref="IncidentSink"/>.</summary>
    public void Note(Incident incident)
    {
        lock (_gate)
        {
            if (_isStopping)
                return;
            // One that is only counted has been preceded by one that was not.
            if (_storm.Take(incident, _time.GetUtcNow()) is not { } kept)
                return;
            Keep(kept);
            // A disk that was asked in vain is not to be asked again at once.
            if (!_isPausing)
                Monitor.Pulse(_gate);
        }
    }

    /// <summary>All that is kept, the newest last: also what is not on the disk yet, or still counted.</summary>
    public ImmutableArray<IncidentRow> Read()
    {
        ImmutableArray<IncidentRow> waiting;
        lock (_gate)
            waiting = [.. _waiting.Concat(_storm.Pending).Select(IncidentFormat.RowOf)];
        ImmutableArray<IncidentRow> written = _open() is { } disk ? RecordFile.Read(disk) : [];
        // A line may come to the disk between the two.
        return [.. written.Concat(waiting).Distinct().OrderBy(static row => row.Time, StringComparer.Ordinal)];
    }

    /// <summary>Writes what there is, if the disk takes it.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_isStopping)
                return;
            foreach (KeptIncident kept in _storm.TakeDue(_time.GetUtcNow(), all: true))
                Keep(kept);
            _isStopping = true;
            Monitor.Pulse(_gate);
        }
        _writer.Join(EndPatience);
    }

    // Under _gate.
    private void Keep(KeptIncident kept)
    {
        if (!kept.Incident.IsLogged)
        {
            string times = kept.Incident.Count == 1
                ? ""
                : string.Create(CultureInfo.InvariantCulture, $" ({kept.Incident.Count} times)");
            _log(LogLevel.Warning, LogCategory.Default, $"{kept.Incident.What}{times}. {kept.Incident.Advice}".Trim());
        }
        if (_waiting.Count >= MostWaiting)
            Interlocked.Increment(ref _lost);
        else
            _waiting.Add(kept);
    }

    private void Write()
    {
        while (true)
        {
            KeptIncident[] batch;
            bool isLast;
            lock (_gate)
            {
                if (!_isStopping)
                    Wait();
                foreach (KeptIncident kept in _storm.TakeDue(_time.GetUtcNow(), all: false))
                    Keep(kept);
                batch = [.. _waiting];
                isLast = _isStopping;
            }
            bool isWritten = batch.Length == 0 || TryWrite(batch);
            lock (_gate)
            {
                if (isWritten)
                    _waiting.RemoveRange(0, batch.Length);
                if (isLast)
                    return;
                if (isWritten || _isStopping)
                    continue;
                _isPausing = true;
                Monitor.Wait(_gate, Interval);
                _isPausing = false;
            }
        }
    }

    // Under _gate. Until there is something to write, or to look at.
    private void Wait()
    {
        if (_waiting.Count > 0)
            return;
        if (_storm.IsCalm)
            Monitor.Wait(_gate);
        else
            Monitor.Wait(_gate, Interval);
    }

    private bool TryWrite(KeptIncident[] batch)
    {
        try
        {
            if (_open() is not { } disk)
                return false;
            List<byte[]> lines = [.. batch.Select(IncidentFormat.Write)];
            long lost = Volatile.Read(ref _lost);
            if (lost > 0)
            {
                lines.Add(IncidentFormat.Write(new KeptIncident(_time.GetUtcNow(), new Incident(
                    IncidentKind.DiskFailed, "incidents", "more incidents than could be kept while the disk took none",
                    "the node's log names them")
                {
                    Count = lost,
                })));
            }
            RecordFile.Append(disk, lines);
            Interlocked.Add(ref _lost, -lost);
            return true;
        }
        // The outermost loop: a record that cannot be written must cost nothing else.
        catch (Exception)
        {
            return false;
        }
    }
}
