using Warren.Storage.Disk;

namespace Warren.Storage.Tests.Simulation;

/// <summary>
/// A log with its owners, on a disk of the simulation, and the model that is told whatever the log is told.
/// </summary>
internal sealed class SimulatedNode(NodeLogOptions options, Story story)
{
    private readonly Dictionary<long, (LogGroup Group, SimulatedOwner Owner)> _open = [];
    private readonly List<SharedBody> _bodies = [];

    public FaultyDisk Disk { get; set; } = new();

    public NodeLogOptions Options { get; } = options;

    public Story Story { get; } = story;

    public Model Model { get; } = new();

    public NodeLog Log { get; private set; } = null!;

    public StorageBackground Background { get; private set; } = null!;

    public SimulatedWatcher Watcher { get; private set; } = new();

    /// <summary>What some owner was told to be durable.</summary>
    public Lsn Reported { get; private set; }

    /// <summary>Never used again, whatever a crash took.</summary>
    public long NextGroup { get; private set; } = 1;

    public IReadOnlyCollection<long> OpenGroups => _open.Keys;

    /// <summary>Shared bodies that somebody holds.</summary>
    public IReadOnlyList<SharedBody> Bodies => _bodies;

    /// <summary>Every entry that was ever appended, by group and index.</summary>
    public Dictionary<(long Group, long Index), List<ModelEntry>> History { get; } = [];

    public Predicate<string> IsExpectedDamage { get; set; } = _ => false;

    /// <summary>Starts on the disk as it is.</summary>
    public void Start(Expectation expectation = Expectation.Exact)
    {
        _open.Clear();
        _bodies.Clear();
        var recovered = RecoveredLog.Start(Disk, Options, Model, Reported, expectation, Story);
        recovered.CheckUndamaged(Disk, Options, IsExpectedDamage);
        recovered.TakeOver();
        _bodies.AddRange(recovered.Bodies);
        Log = recovered.Log;
        Watcher = recovered.Watcher;
        Reported = Log.DurableLsn;
        Background = new StorageBackground(Log, Options, Watcher);
        foreach (long id in Model.Groups.Keys)
            OpenGroup(id);
        Story.Tell($"started at {Log.DurableLsn} with {_open.Count} groups");
    }

    public long AddGroup()
    {
        OpenGroup(NextGroup);
        return NextGroup++;
    }

    public ModelGroup? Find(long id) => Model.Groups.GetValueOrDefault(id);

    public void Append(
        long id, byte[] meta, byte[] body, SharedBody? shared, bool isKept, int termsUp, IndexRange[] releases)
    {
        ModelGroup? group = Find(id);
        long index = (group?.LastIndex ?? 0) + 1;
        long term = (group?.LastTerm ?? 0) + termsUp;
        Appended appended = _open[id].Group.Append(new NewEntry
        {
            Index = new LogIndex(index),
            Term = new Term(term),
            Meta = meta,
            Body = body,
            SharedBody = shared,
            IsKept = isKept,
            Releases = releases,
        });
        var entry = new ModelEntry(index, term, appended.Lsn, meta, body, shared?.Lsn.Value ?? 0)
        {
            Position = appended.Position,
        };
        if (!History.TryGetValue((id, index), out List<ModelEntry>? all))
            History.Add((id, index), all = []);
        all.Add(entry);
        if (Story.IsWritten)
        {
            string ranges = string.Join(",", releases.Select(range => $"{range.First}-{range.Last}"));
            Story.Tell(
                $"{appended.Lsn}: group {id} entry {index} at {appended.Position} kept {isKept} releases {ranges}");
        }
        Model.Apply(appended.Lsn, groups =>
        {
            ModelGroup changed = Get(groups, id);
            foreach (IndexRange range in releases)
                changed.Release(range);
            changed.Add(entry, isKept);
        });
    }

    /// <summary>Somebody else releases entries of the group.</summary>
    public void Release(long id, IndexRange range)
    {
        _open[id].Group.Release(range);
        Lsn lsn = Log.LastLsn;
        Story.Tell($"{lsn}: group {id} releases {range.First}-{range.Last}");
        Model.Apply(lsn, groups => Get(groups, id).Release(range));
    }

    public void AppendBody(byte[] body)
    {
        SharedBody shared = Log.AppendBody(body);
        Story.Tell($"{shared.Lsn}: shared body at {shared.Position}");
        _bodies.Add(shared);
        Model.AddBody(shared.Lsn, body);
    }

    /// <summary>Nobody holds a shared body any more, but for the entries that name it.</summary>
    public void LetGoOfBodies() => _bodies.Clear();

    public void Truncate(long id, long from, long termBefore)
    {
        Appended appended = _open[id].Group.Truncate(new LogIndex(from), new Term(termBefore));
        Story.Tell($"{appended.Lsn}: group {id} truncated from {from}, at {appended.Position}");
        Model.Apply(appended.Lsn, groups => groups[id].Truncate(from, termBefore));
    }

    public void SetState(long id, byte[] state, IndexRange[] releases)
    {
        Appended appended = _open[id].Group.SetState(state, releases);
        Story.Tell(
            $"{appended.Lsn}: group {id} state at {appended.Position} releases "
            + string.Join(",", releases.Select(range => $"{range.First}-{range.Last}")));
        Model.Apply(appended.Lsn, groups =>
        {
            ModelGroup changed = Get(groups, id);
            changed.State = state;
            foreach (IndexRange range in releases)
                changed.Release(range);
        });
    }

    /// <param name="id">Of the group.</param>
    /// <param name="lost">Entries that it has lost; null: it is sound again.</param>
    public void Mark(long id, long? lost)
    {
        LogGroup group = _open[id].Group;
        Appended appended = lost is { } count ? group.MarkUnsound(count) : group.MarkSound();
        Story.Tell($"{appended.Lsn}: group {id} marked, lost {lost}, at {appended.Position}");
        Model.Apply(appended.Lsn, groups =>
        {
            ModelGroup changed = Get(groups, id);
            (changed.Lost, changed.IsMarked) = (lost, true);
        });
    }

    public void Drop(long id)
    {
        Appended appended = _open[id].Group.Drop();
        Story.Tell($"{appended.Lsn}: group {id} dropped, at {appended.Position}");
        Model.Apply(appended.Lsn, groups => groups.Remove(id));
        while (_open[id].Owner.Moves.Count > 0)
            _open[id].Owner.TakeNote(null);
        _open.Remove(id);
    }

    public CommitOutcome Commit()
    {
        CommitOutcome outcome = Log.CommitRound();
        Model.Settle(Reported);
        Story.Tell($"commit: {outcome}, durable {Log.DurableLsn}");
        return outcome;
    }

    /// <summary>Owners take note of copies, some of them or all.</summary>
    public void TakeNotes(Func<bool> takes)
    {
        foreach ((long id, (_, SimulatedOwner owner)) in _open)
        {
            while (owner.Moves.Count > 0 && takes())
                owner.TakeNote(Find(id));
        }
    }

    /// <summary>Reads an entry as its owner would; what is durable must be read.</summary>
    public void Read(EntryReader reader, long id, ModelEntry entry)
    {
        if (entry.SharedBody != 0)
        {
            SharedBody shared = _bodies.Find(each => each.Lsn.Value == entry.SharedBody)!;
            bool isBodyRead = reader.TryRead(shared, out ReadOnlySpan<byte> all);
            Story.Check(
                isBodyRead ? all.SequenceEqual(Model.Bodies[shared.Lsn.Value]) : shared.Lsn > Log.DurableLsn,
                $"shared body {shared.Lsn} at {shared.Position} cannot be read");
            CheckInto(shared.Lsn, isBodyRead, Model.Bodies[shared.Lsn.Value], into => reader.ReadInto(shared, into));
            return;
        }
        bool isRead = reader.TryRead(
            new GroupId(id), new LogIndex(entry.Index), entry.Position,
            EntryReader.EntryOverheadBytes + entry.Meta.Length + entry.Body.Length,
            out ReadOnlySpan<byte> meta, out ReadOnlySpan<byte> body);
        Story.Check(
            isRead ? body.SequenceEqual(entry.Body) && meta.SequenceEqual(entry.Meta) : entry.Lsn > Log.DurableLsn,
            $"group {id} entry {entry.Index} at {entry.Position} cannot be read");
        CheckInto(
            entry.Lsn, isRead, entry.Body,
            into => reader.ReadInto(new GroupId(id), new LogIndex(entry.Index), entry.Position, into));
    }

    // The other way to read says the same of what is durable.
    private void CheckInto(Lsn lsn, bool isRead, byte[] expected, Func<byte[], ReadOutcome> read)
    {
        byte[] into = new byte[expected.Length];
        bool isReadInto = read(into) == ReadOutcome.Whole;
        Story.Check(
            (isReadInto == isRead || lsn > Log.DurableLsn) && (!isReadInto || into.AsSpan().SequenceEqual(expected)),
            $"read {isRead}, into a place of its own {isReadInto}");
    }

    public void ReadAll()
    {
        using EntryReader reader = Log.OpenReader();
        foreach ((long id, ModelGroup group) in Model.Groups)
        {
            foreach (ModelEntry entry in group.LiveEntries)
                Read(reader, id, entry);
        }
    }

    private static ModelGroup Get(Dictionary<long, ModelGroup> groups, long id) =>
        groups.TryGetValue(id, out ModelGroup? known) ? known : groups[id] = new ModelGroup();

    private void OpenGroup(long id)
    {
        var owner = new SimulatedOwner(lsn => Reported = new Lsn(Math.Max(Reported.Value, lsn.Value)));
        _open.Add(id, (Log.OpenGroup(new GroupId(id), owner), owner));
    }
}
