using Warren.Storage.Disk;
using Xunit;

namespace Warren.Storage.Tests.Simulation;

/// <summary>
/// A node log at random work on a disk that crashes: after each crash what recovery brings must be, exactly, what the
/// model holds at some LSN between the last that was reported durable and the last appended. Everything is drawn from
/// the seed.
/// </summary>
internal sealed class LogSimulation
{
    private const int Groups = 6;

    private readonly Random _random;
    private readonly int _seed;
    private readonly NodeLogOptions _options;
    private readonly Model _model = new();
    private readonly Dictionary<long, (LogGroup Group, SimulatedOwner Owner)> _open = [];
    private readonly List<(SharedBody Body, byte[] Bytes)> _bodies = [];
    private readonly Dictionary<long, byte[]> _bodyBytes = [];
    private readonly Queue<string> _story = [];
    private FaultyDisk _disk = new();
    private SimulatedWatcher _watcher = new();
    private NodeLog _log = null!;
    private StorageBackground _background = null!;
    private Lsn _reported;
    private long _nextGroup = 1;
    private long _crashAt = long.MaxValue;

    public LogSimulation(int seed)
    {
        _seed = seed;
        _random = new Random(seed);
        _options = new NodeLogOptions
        {
            SegmentBytes = 2048 << _random.Next(5),
            CheckpointSpacingBytes = 1024 << _random.Next(6),
            CheckpointSpacingFactor = _random.Next(3),
            SpareSegments = _random.Next(3),
            ReclaimBelowPercent = _random.Next(10, 100),
        };
    }

    public int Crashes { get; private set; }

    public int Checks { get; private set; }

    /// <summary>Starts, works and crashes, so many times.</summary>
    public void Run(int lives)
    {
        for (int life = 0; life < lives; life++)
        {
            Live();
            Crash();
        }
        Arm(long.MaxValue);
        Open();
        ReadAll();
    }

    private void Live()
    {
        Arm(_disk.OperationCount + 1 + _random.Next(1, 200));
        try
        {
            Open();
            for (int step = 0; step < 400; step++)
                Step();
        }
        catch (CrashException)
        {
            Tell("crash in the middle");
        }
    }

    private void Arm(long crashAt)
    {
        _crashAt = crashAt;
        _disk.BeforeOperation = _ =>
        {
            if (_disk.OperationCount >= _crashAt)
                throw new CrashException();
        };
    }

    private void Crash()
    {
        Crashes++;
        bool onlyProcess = Chance(0.2);
        Tell(onlyProcess ? "the process dies" : "the power fails");
        _disk = onlyProcess ? _disk.CrashProcess() : _disk.Crash(_random);
    }

    private void Open()
    {
        _watcher = new SimulatedWatcher();
        _open.Clear();
        _bodies.Clear();
        var found = new Dictionary<long, long>();
        Lsn last = default;
        bool isCut = false;
        _log = StorageDirectory.Open(_disk, _options, _watcher, (log, group) =>
        {
            if (!isCut)
                CutModel(log.DurableLsn, ref last);
            isCut = true;
            found[group.Id.Value] = Compare(log, group);
        }, static () => { });
        if (!isCut)
            CutModel(_log.DurableLsn, ref last);
        foreach (long id in _model.Groups.Keys)
            Check(found.ContainsKey(id), $"group {id} is missing");
        Check(_watcher.Damages.Count == 0, string.Join("; ", _watcher.Damages));
        _reported = _log.DurableLsn;
        _background = new StorageBackground(_log, _options, _watcher);
        Tell($"open at {last}, {found.Count} groups");
    }

    private void CutModel(Lsn found, ref Lsn last)
    {
        last = found;
        Tell($"log ends at {found}, reported {_reported}");
        Check(found >= _reported, $"the log ends at {found}, and {_reported} was reported durable");
        _model.CutAt(found);
        _nextGroup = Math.Max(_nextGroup, _model.Groups.Keys.DefaultIfEmpty().Max() + 1);
    }

    private long Compare(NodeLog log, RecoveredGroup found)
    {
        if (!_model.Groups.TryGetValue(found.Id.Value, out ModelGroup? group))
        {
            // Of a group that was dropped its name may come back, nothing else.
            Check(!found.TryNext(out _) && found.State.IsEmpty, $"group {found.Id} was dropped and is back");
            return 0;
        }
        Check(found.State.Span.SequenceEqual(group.State), $"state of group {found.Id}");
        Check(group.LastIndex == found.LastIndex.Value, $"last index of group {found.Id}: {found.LastIndex}, not {group.LastIndex}");
        Check(group.LastTerm == found.LastTerm.Value, $"last term of group {found.Id}: {found.LastTerm}, not {group.LastTerm}");
        foreach (ModelEntry entry in group.Live.Values)
        {
            Check(found.TryNext(out RecoveredEntry real), $"entry {entry.Index} of group {found.Id} is missing");
            Check(entry.IsAt(real), $"entry {entry.Index} of group {found.Id} came back as {real.Index}");
            entry.Position = real.Position;
            if (real.SharedBody is { } body && !_bodies.Exists(each => each.Body == body))
                _bodies.Add((body, _bodyBytes[body.Lsn.Value]));
        }
        Check(!found.TryNext(out RecoveredEntry more), $"entry {more.Index} of group {found.Id} is back");
        OpenGroup(log, found.Id.Value);
        return found.LastIndex.Value;
    }

    private void OpenGroup(NodeLog log, long id)
    {
        var owner = new SimulatedOwner(lsn => _reported = new Lsn(Math.Max(_reported.Value, lsn.Value)));
        _open.Add(id, (log.OpenGroup(new GroupId(id), owner), owner));
    }

    private void Step()
    {
        switch (_random.Next(20))
        {
            case < 7:
                Append();
                break;
            case < 10:
                Release();
                break;
            case 10:
                Truncate();
                break;
            case 11:
                SetState();
                break;
            case 12:
                if (Chance(0.2))
                    Drop();
                else
                    AppendShared();
                break;
            case 13 or 14 or 15:
                Commit();
                break;
            case 16:
                Tell("background");
                _background.RunOnce();
                break;
            case 17:
                if (Chance(0.3))
                    _background.MakeCheckpoint();
                break;
            case 18:
                TakeNotes();
                break;
            default:
                ReadOne();
                break;
        }
    }

    private void Append()
    {
        long id = PickGroup();
        ModelGroup group = _model.Groups.GetValueOrDefault(id) ?? new ModelGroup();
        byte[] body = Bytes(Chance(0.05) ? _random.Next(30_000) : _random.Next(600));
        AppendEntry(id, group, body, null, Chance(0.9), Released(group, Chance(0.2) ? 3 : 0));
    }

    private void AppendShared()
    {
        byte[] bytes = Bytes(_random.Next(3000));
        SharedBody body = _log.AppendBody(bytes);
        _bodies.Add((body, bytes));
        _bodyBytes[body.Lsn.Value] = bytes;
        for (int copy = _random.Next(4); copy > 0; copy--)
        {
            long id = PickGroup();
            AppendEntry(id, _model.Groups.GetValueOrDefault(id) ?? new ModelGroup(), [], body, true, []);
        }
    }

    private void AppendEntry(
        long id, ModelGroup group, byte[] body, SharedBody? shared, bool isKept, IndexRange[] releases)
    {
        var entry = new ModelEntry(
            group.LastIndex + 1, group.LastTerm + (Chance(0.1) ? 1 : 0), Bytes(_random.Next(40)), body, shared?.Lsn.Value ?? 0);
        Appended appended = _open[id].Group.Append(new NewEntry
        {
            Index = new LogIndex(entry.Index), Term = new Term(entry.Term), Meta = entry.Meta, Body = body,
            SharedBody = shared, IsKept = isKept, Releases = releases,
        });
        entry.Position = appended.Position;
        Tell($"{appended.Lsn}: group {id} entry {entry.Index} at {appended.Position} kept {isKept} releases {string.Join(",", releases)}");
        _model.Change(appended.Lsn, id, groups =>
        {
            ModelGroup changed = groups.TryGetValue(id, out ModelGroup? known) ? known : groups[id] = new ModelGroup();
            foreach (IndexRange range in releases)
            {
                foreach (long index in changed.Live.Keys.Where(index => range.Contains(new LogIndex(index))).ToList())
                    changed.Live.Remove(index);
            }
            changed.LastIndex = entry.Index;
            changed.LastTerm = entry.Term;
            if (isKept)
                changed.Live.Add(entry.Index, entry);
        });
    }

    private void Release()
    {
        if (PickLive() is not { } id)
            return;
        ModelGroup group = _model.Groups[id];
        AppendEntry(id, group, [], null, false, Released(group, _random.Next(1, 6)));
    }

    private IndexRange[] Released(ModelGroup group, int most)
    {
        var ranges = new List<IndexRange>();
        long last = 0;
        foreach (long index in group.Live.Keys.ToList())
        {
            if (ranges.Count >= most)
                break;
            if (index <= last || Chance(0.4))
                continue;
            last = index + (Chance(0.5) ? _random.Next(4) : 0);
            ranges.Add(new IndexRange(new LogIndex(index), new LogIndex(last)));
        }
        return [.. ranges.Where(range => range.Last.Value <= group.LastIndex)];
    }

    private void Truncate()
    {
        if (PickLive() is not { } id)
            return;
        ModelGroup group = _model.Groups[id];
        // As a follower does: from an entry that is still there, the one before it kept.
        List<long> live = [.. group.Live.Keys];
        int at = _random.Next(live.Count);
        if (at == 0 || live[at - 1] != live[at] - 1)
            return;
        long from = live[at];
        long term = group.Live[from - 1].Term;
        Appended appended = _open[id].Group.Truncate(new LogIndex(from), new Term(term));
        Tell($"{appended.Lsn}: group {id} truncate from {from}");
        _model.Change(appended.Lsn, id, groups =>
        {
            ModelGroup changed = groups[id];
            foreach (long index in changed.Live.Keys.Where(index => index >= from).ToList())
                changed.Live.Remove(index);
            changed.LastIndex = from - 1;
            changed.LastTerm = term;
        });
    }

    private void SetState()
    {
        long id = PickGroup();
        byte[] state = Bytes(_random.Next(1, 50));
        Appended appended = _open[id].Group.SetState(state);
        Tell($"{appended.Lsn}: group {id} state");
        _model.Change(appended.Lsn, id, groups =>
        {
            ModelGroup changed = groups.TryGetValue(id, out ModelGroup? known) ? known : groups[id] = new ModelGroup();
            changed.State = state;
        });
    }

    private void Drop()
    {
        if (PickLive() is not { } id)
            return;
        Appended appended = _open[id].Group.Drop();
        Tell($"{appended.Lsn}: group {id} drop");
        _model.Change(appended.Lsn, id, groups => groups.Remove(id));
        while (_open[id].Owner.Moves.Count > 0)
            _open[id].Owner.TakeNote(null);
        _open.Remove(id);
    }

    private void Commit()
    {
        CommitOutcome outcome = _log.CommitRound();
        Check(outcome is CommitOutcome.Committed or CommitOutcome.Idle, $"commit: {outcome} {_watcher.Failure?.Message}");
        Tell($"commit: durable {_log.DurableLsn}");
    }

    private void TakeNotes()
    {
        foreach ((long id, (_, SimulatedOwner owner)) in _open)
        {
            while (owner.Moves.Count > 0 && Chance(0.8))
                owner.TakeNote(_model.Groups.GetValueOrDefault(id));
        }
    }

    private void ReadOne()
    {
        if (PickLive() is not { } id)
            return;
        ModelGroup group = _model.Groups[id];
        using EntryReader reader = _log.OpenReader();
        ReadEntry(reader, id, group.Live.ElementAt(_random.Next(group.Live.Count)).Value);
    }

    private void ReadAll()
    {
        using EntryReader reader = _log.OpenReader();
        foreach ((long id, ModelGroup group) in _model.Groups)
        {
            foreach (ModelEntry entry in group.Live.Values)
                ReadEntry(reader, id, entry);
        }
    }

    private void ReadEntry(EntryReader reader, long id, ModelEntry entry)
    {
        if (entry.SharedBody != 0)
        {
            (SharedBody shared, byte[] bytes) = _bodies.Find(each => each.Body.Lsn.Value == entry.SharedBody);
            if (shared.Lsn <= _log.DurableLsn)
                Check(reader.TryRead(shared, out ReadOnlySpan<byte> all) && all.SequenceEqual(bytes), $"shared body {shared.Lsn}");
            return;
        }
        bool read = reader.TryRead(
            new GroupId(id), new LogIndex(entry.Index), entry.Position,
            EntryReader.EntryOverheadBytes + entry.Meta.Length + entry.Body.Length,
            out ReadOnlySpan<byte> meta, out ReadOnlySpan<byte> body);
        Check(
            read ? body.SequenceEqual(entry.Body) && meta.SequenceEqual(entry.Meta) : !IsDurable(id),
            $"group {id} entry {entry.Index} at {entry.Position} cannot be read");
    }

    // Owners read what is durable alone; the model does not remember each entry's LSN, so that this errs to one side.
    private bool IsDurable(long id) => _log.PendingBytes == 0 || _open[id].Owner.DurableLsn == _log.DurableLsn && _log.PendingBytes == 0;

    private long PickGroup()
    {
        if (_open.Count > 0 && (_open.Count >= Groups || Chance(0.8)))
            return _open.Keys.ElementAt(_random.Next(_open.Count));
        long id = _nextGroup++;
        OpenGroup(_log, id);
        return id;
    }

    private long? PickLive()
    {
        List<long> live = [.. _open.Keys.Where(id => _model.Groups.TryGetValue(id, out ModelGroup? group) && group.Live.Count > 0)];
        return live.Count == 0 ? null : live[_random.Next(live.Count)];
    }

    private byte[] Bytes(int count)
    {
        byte[] bytes = new byte[count];
        _random.NextBytes(bytes);
        return bytes;
    }

    private bool Chance(double chance) => _random.NextDouble() < chance;

    private void Check(bool holds, string what)
    {
        Checks++;
        Assert.True(holds, $"Seed {_seed}, crash {Crashes}: {what}\n{string.Join("\n", _story)}");
    }

    private void Tell(string what)
    {
        _story.Enqueue(what);
        if (_story.Count > 60)
            _story.Dequeue();
    }
}
