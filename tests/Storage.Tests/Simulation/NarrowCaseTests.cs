using System.Runtime.CompilerServices;
using Warren.Storage.Disk;
using Xunit;

namespace Warren.Storage.Tests.Simulation;

/// <summary>What chance finds too rarely to be relied on.</summary>
public sealed class NarrowCaseTests
{
    private static readonly NodeLogOptions Small = new()
    {
        SegmentBytes = 2048,
        CheckpointSpacingBytes = long.MaxValue,
        CheckpointSpacingFactor = 0,
        SpareSegments = 0,
        ReserveBytes = 0,
        ReclaimSlackSegments = 0,
    };

    private readonly SimulatedNode _node = new(Small, new Story(isWritten: true));

    [Fact]
    public void A_failed_sync_ends_the_log_whatever_the_reason()
    {
        _node.Start();
        long group = _node.AddGroup();
        Append(group, 10);
        Assert.Equal(CommitOutcome.Committed, _node.Commit());
        Append(group, 10);
        _node.Disk.BeforeOperation = operation =>
        {
            if (operation.Kind == DiskOperationKind.Sync)
                _node.Disk.FailAt(operation.Number, DiskFailure.NoSpace, dropsUnsynced: true);
        };

        Assert.Equal(CommitOutcome.Failed, _node.Commit());

        Assert.NotNull(_node.Watcher.Failure);
        Assert.Throws<StorageFailedException>(() => Append(group, 10));
        Assert.Throws<StorageFailedException>(() => _node.Background.MakeCheckpoint());
    }

    [Fact]
    public void A_damaged_roster_costs_no_entry()
    {
        _node.Start();
        long group = _node.AddGroup();
        for (int round = 0; round < 10; round++)
        {
            Append(group, 500);
            Assert.Equal(CommitOutcome.Committed, _node.Commit());
        }
        string newest = "log/" + _node.Disk.List("log")[^1];
        const int rosterBody = 512 + 64 + 56;
        int segments = _node.Log.Segments.All().Count - 1;
        for (int offset = 0; offset < segments * 24; offset++)
        {
            FaultyDisk disk = _node.Disk.PeekCrashProcess();
            disk.FlipBit(newest, rosterBody + offset, offset % 8);

            var start = new DamagedStart(disk, Small);

            Assert.Equal(10, start.Entries.Values.Count(entry => entry.IsReadable));
            Assert.NotEmpty(start.Watcher.Damages);
        }
    }

    [Fact]
    public void A_drop_outlives_the_states_that_were_replaced_before_it()
    {
        _node.Start();
        long kept = _node.AddGroup();
        long dropped = _node.AddGroup();
        Append(kept, 1800);
        _node.SetState(dropped, [1]);
        _node.Commit();
        Append(kept, 1800);
        _node.SetState(dropped, [2]);
        _node.Commit();
        _node.Drop(dropped);
        Append(kept, 1800);
        _node.Commit();
        // The second and the third segment go, with the drop; the first, with the replaced state, stays.
        _node.Append(kept, [], [], null, false, 0, [new IndexRange(new LogIndex(2), new LogIndex(3))]);
        for (int round = 0; round < 8; round++)
        {
            _node.Commit();
            _node.Background.RunOnce();
            _node.Background.MakeCheckpoint();
            _node.TakeNotes(static () => true);
            Append(kept, 1800);
        }
        _node.Commit();
        Assert.True(_node.Log.Segments.TryGet(1, out _));
        Assert.False(_node.Log.Segments.TryGet(3, out _));

        foreach (string name in _node.Disk.List("checkpoint"))
            _node.Disk.Remove("checkpoint/" + name);
        _node.Disk = _node.Disk.Crash(new Random(1), CrashMode.KeepAll);
        _node.Start(Expectation.LogAlone);

        Assert.DoesNotContain(dropped, _node.OpenGroups);
    }

    /// <summary>
    /// The kernel gives up what it could not write and calls it clean: the process that comes next reads it, and to
    /// sync it again proves nothing.
    /// </summary>
    [Fact]
    public void What_a_start_has_found_outlives_a_power_cut_although_its_sync_had_failed()
    {
        _node.Start();
        long group = _node.AddGroup();
        Append(group, 10);
        Assert.Equal(CommitOutcome.Committed, _node.Commit());
        Append(group, 2000);
        _node.Disk.BeforeOperation = operation =>
        {
            if (operation.Kind == DiskOperationKind.Sync)
                _node.Disk.FailAt(operation.Number, DiskFailure.Other, dropsUnsynced: true);
        };
        Assert.Equal(CommitOutcome.Failed, _node.Commit());
        _node.Disk = _node.Disk.CrashProcess();
        _node.Start();
        Assert.Equal(2, _node.Find(group)!.LastIndex);

        _node.Disk = _node.Disk.Crash(new Random(1), CrashMode.LoseAll);
        _node.Start();

        Assert.Equal(2, _node.Find(group)!.LastIndex);
        _node.ReadAll();
    }

    [Fact]
    public void Owners_that_do_not_wait_fill_several_rounds()
    {
        var node = new SimulatedNode(Small with { MostRoundBytes = 4096 }, new Story(isWritten: true));
        node.Start();
        long group = node.AddGroup();
        for (int entry = 0; entry < 4; entry++)
            node.Append(group, [], new byte[3000], null, true, 0, []);

        for (int round = 0; round < 4; round++)
            Assert.Equal(CommitOutcome.Committed, node.Commit());
        Assert.Equal(CommitOutcome.Idle, node.Commit());
        node.Disk = node.Disk.CrashProcess();
        node.Start();
        Assert.Equal(4, node.Find(group)!.LastIndex);
        node.ReadAll();
    }

    /// <summary>From appending on the entry holds its body, not only from when it is durable.</summary>
    [Fact]
    public void A_shared_body_outlives_a_checkpoint_that_comes_before_its_only_entry_is_durable()
    {
        _node.Start();
        long group = _node.AddGroup();
        Append(group, 10);
        AppendEntryOfSharedBody(group);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.True(_node.Background.MakeCheckpoint());
        Assert.Equal(CommitOutcome.Committed, _node.Commit());

        _node.Disk = _node.Disk.CrashProcess();
        _node.Start();

        _node.ReadAll();
    }

    // In a method of its own, so that nothing of it is left on the stack.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void AppendEntryOfSharedBody(long group)
    {
        _node.AppendBody([1, 2, 3]);
        Assert.Equal(CommitOutcome.Committed, _node.Commit());
        _node.Append(group, [], [], _node.Bodies[^1], true, 0, []);
        _node.LetGoOfBodies();
    }

    private void Append(long group, int bytes) => _node.Append(group, [], new byte[bytes], null, true, 0, []);
}
