using Warren.Storage.Checkpoints;
using Warren.Storage.Disk;
using Warren.Storage.Threads;
using Warren.Wire;
using Xunit;

namespace Warren.Storage.Tests.Threads;

/// <summary>The threads of a log: who wakes them, what stops them, and what does not.</summary>
public sealed class LogThreadsTests
{
    private readonly FaultyDisk _disk = new();

    [Fact]
    public async Task What_is_appended_becomes_durable_and_its_owner_is_told()
    {
        using var log = new RunningLog(_disk);
        for (int count = 0; count < 20; count++)
            await log.ToldAsync(log.Append(100));
        Assert.Equal(0, log.Log.PendingBytes);
    }

    [Fact]
    public async Task What_recovery_appends_is_committed_once_the_threads_run()
    {
        using var log = new RunningLog(_disk, appendBeforeStart: 100);
        await Eventually.True(() => log.Log.PendingBytes == 0);
        Assert.Equal(log.Log.DurableLsn, log.Told);
    }

    [Fact]
    public void A_stop_makes_all_durable_and_leaves_a_checkpoint_of_it()
    {
        Lsn last = default;
        using (var log = new RunningLog(_disk))
        {
            for (int count = 0; count < 500; count++)
                last = log.Append(100);
            Assert.Null(log.Stop());
            Assert.Equal(last, log.Told);
        }
        FaultyDisk found = _disk.Crash(new Random(1), CrashMode.LoseAll);
        using (CheckpointReader checkpoint = CheckpointSet.OpenNewest(found, Assert.Fail)!)
            Assert.Equal(last, checkpoint.Table.Lsn);
        using var next = new RunningLog(found);
        Assert.Equal(Enumerable.Range(1, 500).Select(index => (long)index), next.Found);
    }

    [Fact]
    public async Task A_round_that_finds_no_space_is_tried_again_until_there_is_some()
    {
        // The background thread, which would try the round again when it has given space back, is of no help.
        FailCheckpoints(DiskFailure.Other);
        using var log = new RunningLog(_disk);
        await log.ToldAsync(log.Append(100));
        Lsn told = log.Told;
        _disk.CapacityBytes = 20_000;
        Lsn last = log.Append(100_000);
        await log.UntilAsync(() => log.IsOutOfSpace);
        Assert.Equal(told, log.Told);
        Assert.Empty(log.Failures);
        // It is as old as when it was tried first.
        await log.UntilAsync(() => log.RoundAge > 10 * LogThreads.SpaceRetry);

        _disk.CapacityBytes = MemoryDisk.DefaultCapacityBytes;
        await log.UntilAsync(() => log.Told == last);
        Assert.False(log.IsOutOfSpace);
        await Eventually.True(() => log.RoundAge == TimeSpan.Zero);
    }

    [Fact]
    public async Task How_long_a_sync_has_been_under_way_is_known_while_it_does_not_end()
    {
        using var goesOn = new ManualResetEventSlim();
        using var log = new RunningLog(_disk);
        await log.ToldAsync(log.Append(100));
        await Eventually.True(() => log.RoundAge == TimeSpan.Zero);
        log.Time.Advance(TimeSpan.FromSeconds(100));
        Assert.Equal(TimeSpan.Zero, log.RoundAge);
        using var isSyncing = new ManualResetEventSlim();
        _disk.BeforeOperation = operation =>
        {
            if (operation.Kind != DiskOperationKind.Sync)
                return;
            isSyncing.Set();
            goesOn.Wait();
        };
        Lsn last = log.Append(100);
        Assert.True(isSyncing.Wait(Eventually.Patience));
        log.Time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(TimeSpan.FromSeconds(3), log.RoundAge);
        Assert.NotEqual(last, log.Told);
        goesOn.Set();
        await log.ToldAsync(last);
        await Eventually.True(() => log.RoundAge == TimeSpan.Zero);
    }

    [Fact]
    public async Task A_stop_without_space_gives_up_what_nobody_was_told_of()
    {
        using (var log = new RunningLog(_disk))
        {
            await log.ToldAsync(log.Append(100));
            _disk.CapacityBytes = 20_000;
            log.Append(100_000);
            await log.UntilAsync(() => log.IsOutOfSpace);
            Assert.Matches("^[0-9]+ bytes were not written, for there is no space", log.Stop());
        }
        FaultyDisk found = _disk.Crash(new Random(1), CrashMode.LoseAll);
        using var next = new RunningLog(found);
        Assert.Equal([1], next.Found);
    }

    /// <summary>The last bytes of a disk can hold the records by which the log gives others back.</summary>
    [Fact]
    public async Task A_segment_that_finds_no_space_to_be_allocated_grows()
    {
        _disk.CapacityBytes = 20_000;
        using var log = new RunningLog(_disk, RunningLog.Small with { SegmentBytes = 1024 * 1024 });
        await log.ToldAsync(log.Append(5000));
        Assert.False(log.IsOutOfSpace);
        Assert.Null(log.Stop());
    }

    [Fact]
    public async Task A_start_gives_back_what_the_last_segment_had_allocated()
    {
        NodeLogOptions large = RunningLog.Small with { SegmentBytes = 1024 * 1024 };
        using (var log = new RunningLog(_disk, large))
            await log.ToldAsync(log.Append(100));
        FaultyDisk found = _disk.CrashProcess();
        long freeBytes = found.FreeBytes;
        using var next = new RunningLog(found, large);
        Assert.Equal([1], next.Found);
        Assert.InRange(found.FreeBytes - freeBytes, 1_000_000, 1024 * 1024);
    }

    [Fact]
    public async Task A_failed_sync_ends_the_committer_and_nobody_is_told_any_more()
    {
        using var log = new RunningLog(_disk);
        await log.ToldAsync(log.Append(100));
        Lsn told = log.Told;
        _disk.BeforeOperation = operation =>
        {
            if (operation.Kind == DiskOperationKind.Sync)
                _disk.FailAt(operation.Number, DiskFailure.Other);
        };
        log.Append(100);
        await Eventually.True(() => !log.Failures.IsEmpty);
        _disk.BeforeOperation = null;
        Assert.Throws<StorageFailedException>(() => log.Append(100));
        Assert.Equal("the log has failed; the next start finds what was durable before", log.Stop());
        Assert.Equal(told, log.Told);
        Assert.Single(log.Failures);
        Assert.Empty(_disk.List("checkpoint"));
    }

    /// <summary>Several times, so that the background thread has gone to sleep before the committer wakes it.</summary>
    [Fact]
    public async Task A_log_that_has_grown_gets_a_checkpoint()
    {
        using var log = new RunningLog(_disk);
        for (int number = 1; number <= 5; number++)
        {
            await log.ToldAsync(log.Append(100_000));
            await log.UntilAsync(() => _disk.List("checkpoint").Contains($"{number:D10}.ckp"));
        }
    }

    [Fact]
    public async Task Segments_that_nobody_wants_go_while_the_log_grows()
    {
        using var log = new RunningLog(_disk);
        await log.UntilAsync(() =>
        {
            log.Append(10_000);
            log.ReleaseAll();
            // Two checkpoints' spacings of segments at most wait for the older one to reach them.
            return log.Log.WrittenBytes > 1_000_000 && _disk.FreeBytes > MemoryDisk.DefaultCapacityBytes - 300_000;
        });
        Assert.Equal(2, _disk.List("checkpoint").Count(name => name.EndsWith(".ckp", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task While_space_is_scarce_a_log_that_has_grown_little_gives_space_back()
    {
        using var log = new RunningLog(_disk, RunningLog.Small with { CheckpointSpacingBytes = long.MaxValue / 2 });
        log.Append(100_000);
        await log.ToldAsync(log.Append(20_000));
        await log.ToldAsync(log.ReleaseAll());
        long freeBytes = _disk.FreeBytes;
        Assert.Empty(_disk.List("checkpoint"));

        log.SetScarce(true);
        await log.UntilAsync(() => _disk.FreeBytes > freeBytes + 100_000);
    }

    [Fact]
    public async Task What_the_disk_refuses_in_the_background_is_told_and_tried_again_ever_more_rarely()
    {
        using var log = new RunningLog(_disk);
        FailCheckpoints(DiskFailure.Other);
        log.Append(100_000);
        await log.UntilAsync(() => log.Postponed.Count >= 9, stepMs: 1000);
        Assert.Equal(
            [1, 2, 4, 8, 16, 32, 60, 60, 60], log.Postponed.Take(9).Select(each => each.Retry.TotalSeconds));
        await log.ToldAsync(log.Append(100));
        Assert.Empty(log.Failures);

        _disk.BeforeOperation = null;
        await log.UntilAsync(() => _disk.List("checkpoint").Count > 0, stepMs: 1000);
        Assert.Null(log.Stop());
    }

    /// <summary>Else the log of those who write quicker than checkpoints are made would grow without bounds.</summary>
    [Fact]
    public async Task Publishers_wait_while_checkpoints_are_behind()
    {
        using var log = new RunningLog(_disk);
        await log.ToldAsync(log.Append(100_000));
        await log.UntilAsync(() => log.Log.MostWrittenBytes < long.MaxValue);
        FailCheckpoints(DiskFailure.Other);
        await log.ToldAsync(log.Append(100_000));
        Assert.False(log.Log.IsBehind);
        await log.ToldAsync(log.Append(100_000));
        Assert.True(log.Log.IsBehind);

        _disk.BeforeOperation = null;
        await log.UntilAsync(() => !log.Log.IsBehind);
    }

    [Fact]
    public async Task A_checkpoint_that_cannot_be_made_does_not_keep_a_log_from_stopping()
    {
        using (var log = new RunningLog(_disk))
        {
            await log.ToldAsync(log.Append(100));
            FailCheckpoints(DiskFailure.NoSpace);
            Assert.StartsWith(
                "no checkpoint was made, so that the next start takes longer: Cannot ", log.Stop(),
                StringComparison.Ordinal);
        }
        using var next = new RunningLog(_disk.Crash(new Random(1), CrashMode.LoseAll));
        Assert.Equal([1], next.Found);
    }

    [Fact]
    public void A_log_that_was_never_started_can_be_stopped()
    {
        using var log = new RunningLog(_disk);
        using var threads = new LogThreads(RunningLog.Small, log, log.Time, (_, _) => { });
        threads.Wake();
        Assert.Null(threads.Stop());
    }

    private void FailCheckpoints(DiskFailure failure) => _disk.BeforeOperation = operation =>
    {
        if (operation.Path.StartsWith("checkpoint/", StringComparison.Ordinal))
            _disk.FailAt(operation.Number, failure);
    };
}
