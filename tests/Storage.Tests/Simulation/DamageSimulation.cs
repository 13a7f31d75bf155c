using Warren.Storage.Disk;
using Warren.Storage.Log;

namespace Warren.Storage.Tests.Simulation;

/// <summary>
/// A file of a log that was stopped is damaged: a bit flips, the file is cut or gone. Whatever comes back is what was
/// appended once; all that lies in other segments is served; what is missing is told, unless it is the very end of the
/// log, which cannot be told from a torn one (<see cref="LogEnd"/>). The node works on, checkpoints and reclaims, and
/// starts again.
/// </summary>
internal sealed class DamageSimulation
{
    private readonly Random _random;
    private readonly Story _story;
    private readonly SimulatedNode _node;
    private readonly RandomWork _work;
    private bool _isSpoilt;
    private bool _isGone;

    private DamageSimulation(int seed, Story story)
    {
        _random = new Random(seed);
        _story = story;
        var options = new NodeLogOptions
        {
            SegmentBytes = 2048 << _random.Next(3),
            CheckpointSpacingBytes = 2048 << _random.Next(4),
            CheckpointSpacingFactor = _random.Next(2),
            SpareSegments = _random.Next(3),
            ReserveBytes = 512 * _random.Next(3),
            ReclaimBelowPercent = _random.Next(30, 100),
            ReclaimSlackSegments = 0,
        };
        _node = new SimulatedNode(options, story);
        _work = new RandomWork(_node, _random) { BodyBytes = 300, LargeBodyBytes = 5000 };
    }

    /// <summary>Returns the damages.</summary>
    public static long Run(int seed) => SimulationException.Watch(nameof(DamageSimulation), seed, story =>
    {
        new DamageSimulation(seed, story).Run();
        return story.Crashes;
    });

    private void Run()
    {
        _node.Start();
        for (int step = _random.Next(40, 300); step > 0; step--)
            _work.Step();
        _work.Commit();
        FaultyDisk stopped = _node.Disk.Crash(_random, CrashMode.KeepAll);
        for (int number = 0; number < 12; number++)
        {
            _story.Crashes++;
            DamageOnce(stopped.PeekCrashProcess());
        }
    }

    private void DamageOnce(FaultyDisk disk)
    {
        FaultyDisk whole = disk.PeekCrashProcess();
        var before = RecoveredLog.Start(whole, _node.Options, _node.Model, _node.Reported, Expectation.Exact, _story);
        var end = new LogEnd(whole, NewestOfLog(before));
        (string path, bool isTail) = Damage(disk, end);
        disk = CrashInStart(disk);
        var start = new DamagedStart(disk, _node.Options);
        CheckHistory(start);
        uint segment = SegmentOf(path);
        HashSet<long> missed = CheckServed(before, start, segment);
        _story.Check(
            missed.Count == 0 || isTail || start.Watcher.Damages.Count > 0,
            $"{path}: entries are missing, and nobody was told");
        if (!isTail && !_isGone && before.Log.Segments.TryGet(segment, out _))
            CheckKept(disk, path);
        CheckUnsound(before, start, segment, missed, isTail);
        foreach (string damage in start.Watcher.Damages)
            _story.Tell(damage);
        WorkOn(disk, start);
    }

    // A start that crashes leaves what it found to the next.
    private FaultyDisk CrashInStart(FaultyDisk disk)
    {
        long crashAt = _random.Next(1, 24);
        if (crashAt > 14)
            return disk;
        disk.BeforeOperation = operation =>
        {
            if (operation.Number >= crashAt)
                throw new CrashException();
        };
        try
        {
            _ = new DamagedStart(disk, _node.Options);
        }
        catch (CrashException)
        {
            _story.Tell($"the start crashes before its operation {crashAt}");
        }
        return disk.Crash(_random);
    }

    // A segment that was found to be damaged is not under a name that is ever removed.
    private void CheckKept(FaultyDisk disk, string path)
    {
        int names = disk.List("log").Count(name => ("log/" + name).StartsWith(path, StringComparison.Ordinal));
        _story.Check(names == 1, $"{path} is there {names} times");
    }

    // What is not marked is whole; what no segment has lost is not marked.
    private void CheckUnsound(
        RecoveredLog before, DamagedStart start, uint segment, HashSet<long> missed, bool isTail)
    {
        foreach ((long id, long lost) in start.Unsound)
        {
            _story.Check(
                segment != 0 || before.Groups.GetValueOrDefault(id)?.Lost == lost,
                $"group {id} is unsound, lost {lost}, and no segment was damaged");
        }
        if (isTail)
            return;
        foreach ((long id, ModelGroup group) in before.Groups)
        {
            // Of a group of which nothing is left, its owner knows that there was one.
            if (start.Unsound.ContainsKey(id) || !start.Heads.TryGetValue(id, out (long Index, long Term) head))
                continue;
            _story.Check(!missed.Contains(id), $"group {id} misses entries, and is not marked as unsound");
            _story.Check(group.Lost is null, $"the mark of group {id} is missing");
            _story.Check(
                head == (group.LastIndex, group.LastTerm),
                $"group {id} ends at {head.Index}, not {group.LastIndex}, and is not marked as unsound");
        }
    }

    // Whether it looks like a torn end.
    private (string Path, bool IsTail) Damage(FaultyDisk disk, LogEnd end)
    {
        List<string> files =
        [
            .. disk.List("log").Where(name => name.EndsWith(".seg", StringComparison.Ordinal))
                .Select(name => "log/" + name),
            .. disk.List("checkpoint").Select(name => "checkpoint/" + name),
        ];
        string path = _random.Next(4) == 0 ? files.Last(file => file[0] == 'l') : files[_random.Next(files.Count)];
        long length;
        using (IDiskFile file = disk.Open(path))
            length = file.LengthBytes;
        _isSpoilt = _isGone = false;
        switch (_random.Next(9))
        {
            case 0:
                _story.Tell($"{path} is gone");
                disk.Remove(path);
                _isGone = true;
                return (path, path == end.Path);
            case 1:
                long left = _random.NextInt64(length);
                _story.Tell($"{path} is cut to {left} bytes");
                disk.Truncate(path, left);
                return (path, path == end.Path && end.MayBeCutTo(left));
            case 2:
                long spoilt = _random.NextInt64(_random.Next(3) == 0 ? Math.Min(length, 1500) : length);
                _story.Tell($"{path}: the sector of byte {spoilt} cannot be read");
                disk.Spoil(path, spoilt);
                _isSpoilt = true;
                if (_random.Next(2) == 0)
                    disk.Spoil(path, _random.NextInt64(length));
                return (path, path == end.Path);
            default:
                // Headers, and the ends of what was written, are where it matters most.
                long offset = _random.NextInt64(_random.Next(4) == 0 ? Math.Min(length, 700) : length);
                _story.Tell($"{path}: a bit flips at {offset}");
                disk.FlipBit(path, offset, _random.Next(8));
                return (path, path == end.Path && end.MayBeTornAt(offset));
        }
    }

    private void CheckHistory(DamagedStart start)
    {
        foreach (((long group, long index), FoundEntry found) in start.Entries)
        {
            bool isKnown = _node.History.TryGetValue((group, index), out List<ModelEntry>? all);
            _story.Check(isKnown && all!.Exists(each => IsSame(each, found)),
                $"group {group} never had such an entry {index}");
        }
    }

    private bool IsSame(ModelEntry entry, FoundEntry found)
    {
        byte[] body = entry.SharedBody == 0 ? entry.Body : _node.Model.Bodies[entry.SharedBody];
        return entry.Term == found.Term && found.Meta.AsSpan().SequenceEqual(entry.Meta)
            && (found.Body is null || found.Body.AsSpan().SequenceEqual(body));
    }

    // The groups that miss entries; only what lies in this segment may be missing.
    private HashSet<long> CheckServed(RecoveredLog before, DamagedStart start, uint segment)
    {
        var missed = new HashSet<long>();
        var bodies = before.Bodies.ToDictionary(body => body.Lsn.Value);
        foreach ((long group, ModelEntry entry, Position position) in before.Entries)
        {
            bool isThere = start.Entries.TryGetValue((group, entry.Index), out FoundEntry? found)
                && IsSame(entry, found);
            if (!isThere)
                missed.Add(group);
            bool mayBeMissing = position.Segment == segment
                || (entry.SharedBody != 0 && bodies[entry.SharedBody].Position.Segment == segment);
            _story.Check(
                isThere || mayBeMissing, $"group {group} entry {entry.Index} at {position} is missing");
            _story.Check(
                !isThere || found!.IsReadable || mayBeMissing,
                $"group {group} entry {entry.Index} at {position} cannot be read");
        }
        return missed;
    }

    private void WorkOn(FaultyDisk disk, DamagedStart start)
    {
        NodeLog log = start.Log;
        var owners = new List<SimulatedOwner>();
        var expected = new List<FoundEntry>(start.Entries.Values.Where(entry => entry.IsReadable));
        var unsound = new Dictionary<long, long>(start.Unsound);
        foreach ((long id, (long index, long term)) in start.Heads)
        {
            var owner = new SimulatedOwner(_ => { });
            LogGroup group = log.OpenGroup(new GroupId(id), owner);
            byte[] body = [1, 2, 3];
            _ = group.Append(new NewEntry
            {
                Index = new LogIndex(index + 1),
                Term = new Term(term),
                Body = body,
                IsKept = true,
            });
            if (_random.Next(3) == 0 && unsound.Remove(id))
                group.MarkSound();
            owners.Add(owner);
            expected.Add(new FoundEntry(id, index + 1, term, [], 0, body));
        }
        var background = new StorageBackground(log, _node.Options, start.Watcher);
        // Whatever comes first: a checkpoint, the first round, the end.
        if (_random.Next(2) == 0)
            background.MakeCheckpoint();
        if (_random.Next(4) == 0)
        {
            var soon = new DamagedStart(disk.PeekCrash(_random, CrashMode.LoseAll), _node.Options);
            CheckMarks(soon, start.Unsound);
        }
        for (int round = 0; round < 6; round++)
        {
            _story.Check(log.CommitRound() is CommitOutcome.Committed or CommitOutcome.Idle, $"the log failed");
            background.RunOnce();
            if (_random.Next(2) == 0)
                background.MakeCheckpoint();
            foreach (SimulatedOwner owner in owners)
            {
                while (owner.Moves.Count > 0)
                    owner.TakeNote(null);
            }
        }
        var again = new DamagedStart(disk.PeekCrash(_random, CrashMode.LoseAll), _node.Options);
        foreach (string damage in start.Watcher.Damages.Concat(again.Watcher.Damages))
            _story.Tell($"at work and again: {damage}");
        CheckMarks(again, unsound);
        // A sector that nobody had written before the file was used again may have been the end of the log.
        _story.Check(
            again.Unsound.Count == unsound.Count || _isSpoilt,
            $"{again.Unsound.Count} groups are unsound, not {unsound.Count}: a group was marked sound in vain");
        foreach (FoundEntry entry in expected)
        {
            _story.Check(
                again.Entries.TryGetValue((entry.Group, entry.Index), out FoundEntry? found) && found.Is(entry),
                $"group {entry.Group} entry {entry.Index} was served after the damage, and is not by the next start");
        }
        FaultyDisk alone = disk.Crash(_random, CrashMode.LoseAll);
        foreach (string name in alone.List("checkpoint"))
            alone.Remove("checkpoint/" + name);
        // The damage may have taken the record of a mark that the checkpoint had.
        CheckMarks(new DamagedStart(alone, _node.Options), unsound, isCounted: false);
    }

    private void CheckMarks(DamagedStart start, IReadOnlyDictionary<long, long> unsound, bool isCounted = true)
    {
        foreach ((long id, long lost) in unsound)
        {
            bool isMarked = start.Unsound.TryGetValue(id, out long found);
            _story.Check(
                isMarked && (found == lost || !isCounted),
                $"the mark of group {id} is {isMarked}, lost {found}, not {lost}");
        }
    }

    private static uint SegmentOf(string path) =>
        path.StartsWith("log/", StringComparison.Ordinal)
            ? uint.Parse(path.AsSpan(4, 10), System.Globalization.CultureInfo.InvariantCulture)
            : 0;

    private static uint NewestOfLog(RecoveredLog before) =>
        before.Log.Segments.All().Where(segment => segment.Kind == SegmentKind.Log).Max(segment => segment.Id);
}
