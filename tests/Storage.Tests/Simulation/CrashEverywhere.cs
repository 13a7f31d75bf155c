using Warren.Storage.Disk;

namespace Warren.Storage.Tests.Simulation;

/// <summary>
/// One short life in which the power fails at every operation of the disk, in several ways each: at each a copy of what
/// the crash would leave is started and compared, and the life goes on.
/// </summary>
internal sealed class CrashEverywhere
{
    private const int Steps = 60;

    private static readonly CrashMode[] Modes =
        [CrashMode.LoseAll, CrashMode.KeepAll, CrashMode.Prefix, CrashMode.Sectors, CrashMode.Sectors];

    private readonly Random _random;
    private readonly Story _story;
    private readonly SimulatedNode _node;
    private readonly RandomWork _work;

    private CrashEverywhere(int seed, Story story)
    {
        _random = new Random(seed);
        _story = story;
        // So small that a short life makes segments, checkpoints and survivors.
        var options = new NodeLogOptions
        {
            SegmentBytes = 1024 << _random.Next(3),
            CheckpointSpacingBytes = 512 << _random.Next(4),
            CheckpointSpacingFactor = _random.Next(2),
            SpareSegments = _random.Next(3),
            ReclaimBelowPercent = _random.Next(30, 100),
            ReclaimSlackSegments = 0,
        };
        _node = new SimulatedNode(options, story);
        _work = new RandomWork(_node, _random) { BodyBytes = 200, LargeBodyBytes = 3000 };
    }

    /// <summary>Returns the crashes.</summary>
    public static long Run(int seed) => SimulationException.Watch(nameof(CrashEverywhere), seed, story =>
    {
        new CrashEverywhere(seed, story).Run();
        return story.Crashes;
    });

    private void Run()
    {
        _node.Disk.BeforeOperation = CrashAt;
        _node.Start();
        for (int step = 0; step < Steps; step++)
            _work.Step();
        _node.Disk.BeforeOperation = null;
        _node.ReadAll();
        // A second start in the same way, on what a process left that was killed.
        _node.Disk = _node.Disk.CrashProcess();
        _node.Disk.BeforeOperation = CrashAt;
        _node.Start();
        _work.Commit();
    }

    private void CrashAt(DiskOperation operation)
    {
        foreach (CrashMode mode in Modes)
        {
            _story.Crashes++;
            _story.Tell($"the power fails before {operation.Kind} {operation.Path} {operation.Offset}, {mode}");
            Verify(_node.Disk.PeekCrash(_random, mode));
        }
        _story.Crashes++;
        _story.Tell($"the process dies before {operation.Kind} {operation.Path} {operation.Offset}");
        Verify(_node.Disk.PeekCrashProcess());
    }

    private void Verify(FaultyDisk found)
    {
        Expectation expectation = Expectation.Exact;
        if (_random.Next(4) == 0)
        {
            foreach (string name in found.List("checkpoint"))
                found.Remove("checkpoint/" + name);
            expectation = Expectation.LogAlone;
            _story.Tell("all checkpoints are lost");
        }
        if (_random.Next(8) == 0)
            found = CrashInStart(found);
        var recovered = RecoveredLog.Start(found, _node.Options, _node.Model, _node.Reported, expectation, _story);
        recovered.CheckUndamaged(found, _node.Options, _ => false);
        recovered.ReadAll();
    }

    // The start that follows a crash is no safer than what came before it.
    private FaultyDisk CrashInStart(FaultyDisk disk)
    {
        long crashAt = _random.Next(1, 12);
        disk.BeforeOperation = operation =>
        {
            if (operation.Number >= crashAt)
                throw new CrashException();
        };
        try
        {
            _ = StorageDirectory.Open(disk, _node.Options, new SimulatedWatcher(), (_, _) => { }, static () => { });
        }
        catch (CrashException)
        {
            _story.Crashes++;
            _story.Tell($"and again at operation {crashAt} of the start");
        }
        return _random.Next(3) == 0 ? disk.CrashProcess() : disk.Crash(_random);
    }
}
