using Warren.Storage.Disk;

namespace Warren.Storage.Tests.Simulation;

/// <summary>Work as owners do it, drawn step by step.</summary>
internal sealed class RandomWork(SimulatedNode node, Random random)
{
    private const int MostGroups = 6;

    private EntryReader? _reader;
    private NodeLog? _readerOf;

    /// <summary>Bodies beyond what one write of a round copies are drawn now and then.</summary>
    public int LargeBodyBytes { get; init; } = 30_000;

    public int BodyBytes { get; init; } = 600;

    /// <summary>The disk may refuse: commits may fail, and what runs in the background is tried again.</summary>
    public bool MayFail { get; init; }

    public static NodeLogOptions Options(Random random) => new()
    {
        SegmentBytes = 2048 << random.Next(5),
        CheckpointSpacingBytes = 1024 << random.Next(6),
        CheckpointSpacingFactor = random.Next(3),
        SpareSegments = random.Next(3),
        ReserveBytes = 512 * random.Next(3),
        ReclaimBelowPercent = random.Next(10, 100),
        ReclaimSlackSegments = random.Next(3),
        MostRoundBytes = 1 << random.Next(9, 20),
    };

    public void Step()
    {
        switch (random.Next(23))
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
                    node.AppendBody(Bytes(random.Next(3000)));
                break;
            case 13 or 14:
                AppendShared();
                break;
            case 15 or 16 or 17:
                Commit();
                break;
            case 18 or 19:
                RunBackground(Chance(0.15));
                break;
            case 20:
                Mark();
                break;
            case 21:
                node.TakeNotes(() => Chance(0.8));
                break;
            default:
                ReadOne();
                break;
        }
    }

    public void Commit()
    {
        CommitOutcome outcome = node.Commit();
        node.Story.Check(
            MayFail || outcome is CommitOutcome.Committed or CommitOutcome.Idle,
            $"commit: {outcome} {node.Watcher.Failure?.Message}");
    }

    public void RunBackground(bool makesCheckpoint)
    {
        try
        {
            node.Background.RunOnce();
            if (makesCheckpoint)
                node.Background.MakeCheckpoint();
            node.Story.Tell($"background, {makesCheckpoint}");
        }
        catch (Exception error) when (MayFail && error is DiskException or StorageFailedException)
        {
            node.Story.Tell($"background: {error.Message}");
        }
        foreach (string damage in node.Watcher.Damages)
            node.Story.Check(node.IsExpectedDamage(damage), $"{damage}");
    }

    private void Append()
    {
        byte[] body = Bytes(Chance(0.03) ? random.Next(LargeBodyBytes) : random.Next(BodyBytes));
        long id = PickGroup();
        AppendEntry(id, body, null, Chance(0.9), Released(node.Find(id), Chance(0.2) ? 3 : 0));
    }

    private void SetState()
    {
        long id = PickGroup();
        node.SetState(id, Bytes(random.Next(1, 50)), Released(node.Find(id), Chance(0.5) ? 3 : 0));
    }

    private void AppendShared()
    {
        if (node.Bodies.Count == 0)
            return;
        // The newest most often, and old ones that somebody has kept.
        int back = Chance(0.7) ? 1 : random.Next(1, node.Bodies.Count + 1);
        long id = PickGroup();
        AppendEntry(id, [], node.Bodies[^back], true, Released(node.Find(id), Chance(0.2) ? 2 : 0));
    }

    private void AppendEntry(long id, byte[] body, SharedBody? shared, bool isKept, IndexRange[] releases) =>
        node.Append(id, Bytes(random.Next(40)), body, shared, isKept, Chance(0.1) ? 1 : 0, releases);

    private void Release()
    {
        if (PickLive() is not { } id)
            return;
        IndexRange[] ranges = Released(node.Find(id), random.Next(1, 6));
        if (ranges.Length == 1 && Chance(0.5))
            node.Release(id, ranges[0]);
        else
            AppendEntry(id, [], null, false, ranges);
    }

    private IndexRange[] Released(ModelGroup? group, int most)
    {
        if (group is null || most == 0)
            return [];
        var ranges = new List<IndexRange>();
        long last = 0;
        foreach (long index in group.LiveIndexes)
        {
            if (ranges.Count >= most)
                break;
            if (index <= last || Chance(0.4))
                continue;
            last = index + (Chance(0.5) ? random.Next(4) : 0);
            ranges.Add(new IndexRange(new LogIndex(index), new LogIndex(last)));
        }
        return [.. ranges.Where(range => range.Last.Value <= group.LastIndex)];
    }

    private void Truncate()
    {
        if (PickLive() is not { } id)
            return;
        ModelGroup group = node.Find(id)!;
        // As a follower does: from an entry that is still there, the one before it kept, or from the very first.
        int at = random.Next(group.Live.Count);
        long from = group.LiveIndexes[at];
        if (from == 1)
            node.Truncate(id, 1, 0);
        else if (at > 0 && group.LiveIndexes[at - 1] == from - 1)
            node.Truncate(id, from, group.LiveEntries[at - 1].Term);
    }

    private void Mark()
    {
        if (Chance(0.3))
            node.Mark(PickGroup(), Chance(0.6) ? random.Next(100) : null);
    }

    private void Drop()
    {
        if (PickLive() is { } id)
            node.Drop(id);
    }

    // One reader for a life, so that what it has buffered grows old.
    private void ReadOne()
    {
        if (PickLive() is not { } id)
            return;
        if (_readerOf != node.Log)
        {
            _reader?.Dispose();
            _reader = node.Log.OpenReader();
            _readerOf = node.Log;
        }
        IList<ModelEntry> entries = node.Find(id)!.LiveEntries;
        node.Read(_reader!, id, entries[random.Next(entries.Count)]);
    }

    private long PickGroup()
    {
        int count = node.OpenGroups.Count;
        return count > 0 && (count >= MostGroups || Chance(0.8))
            ? node.OpenGroups.ElementAt(random.Next(count))
            : node.AddGroup();
    }

    private long? PickLive()
    {
        List<long> live = [.. node.OpenGroups.Where(id => node.Find(id) is { Live.Count: > 0 })];
        return live.Count == 0 ? null : live[random.Next(live.Count)];
    }

    private byte[] Bytes(int count)
    {
        byte[] bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    private bool Chance(double chance) => random.NextDouble() < chance;
}
