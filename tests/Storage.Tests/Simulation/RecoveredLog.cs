using Warren.Storage.Disk;

namespace Warren.Storage.Tests.Simulation;

/// <summary>
/// A start on what a crash left, compared with the model at the LSN at which the log was cut: that must lie between
/// what was reported durable and what was appended, and all must be as the model has it.
/// </summary>
internal sealed class RecoveredLog
{
    private readonly Model _model;
    private readonly Story _story;
    private readonly Expectation _expectation;
    private readonly HashSet<long> _found = [];
    private readonly List<(long Group, ModelEntry Entry, Position Position)> _entries = [];
    private readonly Dictionary<long, SharedBody> _bodies = [];
    private Dictionary<long, ModelGroup>? _groups;

    private RecoveredLog(
        FaultyDisk disk, NodeLogOptions options, Model model, Lsn reported, Expectation expectation, Story story)
    {
        _model = model;
        _story = story;
        _expectation = expectation;
        Log = StorageDirectory.Open(disk, options, Watcher, (log, group) =>
        {
            Cut(log, reported);
            Compare(group);
        }, static () => { });
        Cut(Log, reported);
        foreach ((long id, ModelGroup group) in Groups)
        {
            bool mayMiss = expectation == Expectation.LogAlone
                && group is { Live.Count: 0, State.Length: 0, IsMarked: false };
            _story.Check(_found.Contains(id) || mayMiss, $"group {id} is missing");
            if (!_found.Contains(id))
                Groups.Remove(id);
        }
    }

    public NodeLog Log { get; }

    public SimulatedWatcher Watcher { get; } = new();

    /// <summary>As they came back: the model's, at the LSN of the cut.</summary>
    public Dictionary<long, ModelGroup> Groups => _groups!;

    /// <summary>The shared bodies that live entries name.</summary>
    public IReadOnlyCollection<SharedBody> Bodies => _bodies.Values;

    /// <summary>The live entries, and where they are.</summary>
    public IReadOnlyList<(long Group, ModelEntry Entry, Position Position)> Entries => _entries;

    public static RecoveredLog Start(
        FaultyDisk disk, NodeLogOptions options, Model model, Lsn reported, Expectation expectation, Story story) =>
        new(disk, options, model, reported, expectation, story);

    /// <summary>Nothing was damaged, so nothing may have been told, and no file may be left over.</summary>
    public void CheckUndamaged(FaultyDisk disk, NodeLogOptions options, Predicate<string> isExpected)
    {
        foreach (string damage in Watcher.Damages)
            _story.Check(isExpected(damage), $"{damage}");
        int files = disk.List("log").Count(name => name.EndsWith(".seg", StringComparison.Ordinal));
        int spares = disk.List("log").Count(name => name.EndsWith(".spare", StringComparison.Ordinal));
        _story.Check(spares <= options.SpareSegments, $"{spares} spare files");
        int segments = Log.Segments.All().Count;
        _story.Check(files == segments, $"{files} segment files, and {segments} segments");
    }

    /// <summary>Every body is what was appended.</summary>
    public void ReadAll()
    {
        using EntryReader reader = Log.OpenReader();
        foreach ((long group, ModelEntry entry, Position position) in _entries)
        {
            if (entry.SharedBody != 0)
                continue;
            bool isRead = reader.TryRead(
                new GroupId(group), new LogIndex(entry.Index), position,
                EntryReader.EntryOverheadBytes + entry.Meta.Length + entry.Body.Length,
                out ReadOnlySpan<byte> meta, out ReadOnlySpan<byte> body);
            _story.Check(
                isRead && meta.SequenceEqual(entry.Meta) && body.SequenceEqual(entry.Body),
                $"group {group} entry {entry.Index} at {position} cannot be read");
        }
        foreach (SharedBody shared in Bodies)
        {
            _story.Check(
                reader.TryRead(shared, out ReadOnlySpan<byte> body)
                    && body.SequenceEqual(_model.Bodies[shared.Lsn.Value]),
                $"shared body {shared.Lsn} at {shared.Position} cannot be read");
        }
    }

    /// <summary>The owners believe what they were told: what a life goes on with.</summary>
    public void TakeOver()
    {
        foreach ((_, ModelEntry entry, Position position) in _entries)
            entry.Position = position;
        _model.Restart(Groups);
    }

    private void Cut(NodeLog log, Lsn reported)
    {
        if (_groups is not null)
            return;
        _story.Tell($"log ends at {log.DurableLsn}, reported {reported}");
        _story.Check(
            log.DurableLsn >= reported, $"the log ends at {log.DurableLsn}, and {reported} was reported durable");
        _groups = _model.At(log.DurableLsn);
    }

    private void Compare(RecoveredGroup found)
    {
        long id = found.Id.Value;
        if (!Groups.TryGetValue(id, out ModelGroup? group))
        {
            // Of a group that was dropped its name may come back, nothing else.
            bool isBack = found.TryNext(out RecoveredEntry entry);
            _story.Check(
                !isBack && found.State.IsEmpty && !found.IsUnsound,
                $"group {id} was dropped and is back, with entry {entry.Index}");
            return;
        }
        _found.Add(id);
        _story.Check(found.State.Span.SequenceEqual(group.State), $"state of group {id}");
        foreach (ModelEntry entry in group.LiveEntries)
        {
            _story.Check(found.TryNext(out RecoveredEntry real), $"entry {entry.Index} of group {id} is missing");
            _story.Check(entry.IsAt(real), $"entry {entry.Index} of group {id} came back as {real.Index}");
            _entries.Add((id, entry, real.Position));
            if (real.SharedBody is { } body)
                _bodies[body.Lsn.Value] = body;
        }
        _story.Check(!found.TryNext(out RecoveredEntry more), $"entry {more.Index} of group {id} is back");
        _story.Check(
            found.IsUnsound == group.Lost.HasValue && found.LostEntries == (group.Lost ?? 0),
            $"group {id} is marked unsound {found.IsUnsound}, lost {found.LostEntries}, not {group.Lost}");
        CompareHead(found, group);
    }

    private void CompareHead(RecoveredGroup found, ModelGroup group)
    {
        if (_expectation == Expectation.LogAlone)
        {
            long least = group.Live.Count == 0 ? 0 : group.LiveIndexes[^1];
            _story.Check(
                found.LastIndex.Value >= least && found.LastIndex.Value <= group.LastIndex,
                $"last index of group {found.Id}: {found.LastIndex}, not from {least} to {group.LastIndex}");
            group.LastIndex = found.LastIndex.Value;
            group.LastTerm = found.LastTerm.Value;
        }
        _story.Check(
            group.LastIndex == found.LastIndex.Value,
            $"last index of group {found.Id}: {found.LastIndex}, not {group.LastIndex}");
        _story.Check(
            group.LastTerm == found.LastTerm.Value,
            $"last term of group {found.Id}: {found.LastTerm}, not {group.LastTerm}");
    }
}
