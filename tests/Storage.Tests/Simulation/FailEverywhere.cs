using Warren.Storage.Disk;

namespace Warren.Storage.Tests.Simulation;

/// <summary>
/// A short life again and again, in which operation 1, 2, 3, ... of the disk fails, until there is none left to fail.
/// No space: the same round is committed later, and nothing is lost. Any other failure of the log's own writing ends
/// the log: nothing is appended or reported any more. What fails in the background is begun again. What was reported is
/// there in each case when the power fails afterwards.
/// </summary>
internal sealed class FailEverywhere
{
    private const int Steps = 80;

    private readonly int _seed;
    private readonly DiskFailure _failure;
    private readonly Story _story;
    private DiskOperation? _failed;

    private FailEverywhere(int seed, DiskFailure failure, Story story)
    {
        _seed = seed;
        _failure = failure;
        _story = story;
    }

    /// <summary>Returns the failures.</summary>
    public static long Run(int seed, DiskFailure failure) =>
        SimulationException.Watch($"{nameof(FailEverywhere)} {failure}", seed, story =>
        {
            var simulation = new FailEverywhere(seed, failure, story);
            long number = 1;
            while (simulation.FailsAt(number))
                number++;
            return number - 1;
        });

    private bool FailsAt(long number)
    {
        var random = new Random(_seed);
        var options = new NodeLogOptions
        {
            SegmentBytes = 1024 << random.Next(3),
            CheckpointSpacingBytes = 512 << random.Next(4),
            CheckpointSpacingFactor = 0,
            SpareSegments = random.Next(3),
            ReclaimBelowPercent = random.Next(30, 100),
            ReclaimSlackSegments = 0,
        };
        _story.Crashes++;
        _story.Tell($"operation {number} fails");
        var node = new SimulatedNode(options, _story)
        {
            // A part of a header, over an earlier use of the file, is not told from damage.
            IsExpectedDamage = damage => _failed is { Kind: DiskOperationKind.Write, Offset: 0 }
                && damage.EndsWith("cannot be read", StringComparison.Ordinal),
        };
        var work = new RandomWork(node, random) { BodyBytes = 200, LargeBodyBytes = 3000, MayFail = true };
        _failed = null;
        node.Disk.BeforeOperation = operation =>
        {
            if (operation.Number == number)
                _failed = operation;
        };
        var chance = new Random(HashCode.Combine(_seed, number));
        node.Disk.FailAt(number, _failure, chance.Next(3) == 0 ? null : chance, chance.Next(2) == 0);
        bool hasStarted = Work(node, work);
        _story.Tell($"{_failed}");
        if (hasStarted)
            Settle(node, work);
        if (chance.Next(2) == 0)
            node.Disk.EvictCache();
        node.Disk = chance.Next(3) == 0 ? node.Disk.CrashProcess() : node.Disk.Crash(chance);
        node.Start();
        node.ReadAll();
        return _failed is not null;
    }

    private static bool Work(SimulatedNode node, RandomWork work)
    {
        try
        {
            node.Start();
        }
        catch (DiskException)
        {
            return false;
        }
        try
        {
            for (int step = 0; step < Steps; step++)
                work.Step();
        }
        catch (StorageFailedException)
        {
            // Checked when the life is over.
        }
        return true;
    }

    private void Settle(SimulatedNode node, RandomWork work)
    {
        if (node.Watcher.Failure is not null)
        {
            CheckFailed(node);
            return;
        }
        CommitOutcome outcome;
        do
            outcome = node.Commit();
        while (outcome == CommitOutcome.Committed);
        if (outcome == CommitOutcome.Failed)
        {
            CheckFailed(node);
            return;
        }
        // Nothing fails a second time, so that whatever was refused is done by now or with the next try.
        if (outcome == CommitOutcome.OutOfSpace)
            outcome = node.Commit();
        while (outcome == CommitOutcome.Committed)
            outcome = node.Commit();
        _story.Check(outcome == CommitOutcome.Idle, $"commit: {outcome}");
        _story.Check(!node.Watcher.IsOutOfSpace, $"the disk was said to be full at the end");
        node.TakeNotes(static () => true);
        work.RunBackground(makesCheckpoint: true);
        for (int round = 0; round < 3; round++)
        {
            node.Commit();
            node.TakeNotes(static () => true);
            work.RunBackground(makesCheckpoint: true);
        }
        node.ReadAll();
    }

    private void CheckFailed(SimulatedNode node)
    {
        _story.Check(_failed is not null, $"the log failed by itself: {node.Watcher.Failure?.Message}");
        bool isSync = _failed!.Value.Kind is DiskOperationKind.Sync;
        _story.Check(
            _failure != DiskFailure.NoSpace || isSync,
            $"the log failed for want of space: {node.Watcher.Failure!.Message}");
        Lsn reported = node.Reported;
        _story.Check(node.Log.CommitRound() == CommitOutcome.Failed, $"the log committed after it had failed");
        _story.Check(node.Reported == reported, $"something was reported after the log had failed");
        bool isRefused = false;
        try
        {
            _ = node.Log.AppendBody(new byte[1]);
        }
        catch (StorageFailedException)
        {
            isRefused = true;
        }
        _story.Check(isRefused, $"the log took a record after it had failed");
    }
}
