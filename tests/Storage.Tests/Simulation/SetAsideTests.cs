using Warren.Storage.Disk;
using Xunit;

namespace Warren.Storage.Tests.Simulation;

/// <summary>What becomes of a segment in which damage is found while the node runs.</summary>
public sealed class SetAsideTests
{
    private static readonly NodeLogOptions Small = new()
    {
        SegmentBytes = 2048,
        CheckpointSpacingBytes = long.MaxValue,
        CheckpointSpacingFactor = 0,
        SpareSegments = 0,
        ReclaimBelowPercent = 1,
    };

    private readonly SimulatedNode _node = new(Small, new Story(isWritten: true));

    [Fact]
    public void A_reader_tells_damaged_from_unreadable_and_from_gone()
    {
        long group = Fill();
        ModelEntry entry = _node.Find(group)!.Live[1];
        Assert.Equal(ReadOutcome.Whole, Read(group, entry, entry.Position));
        Assert.Equal(ReadOutcome.Gone, Read(group, entry, new Position(99, 512)));
        Assert.Equal(ReadOutcome.Gone, Read(group, entry, _node.Find(group)!.Live[2].Position));

        _node.Disk.FlipBit("log/0000000001.seg", entry.Position.Offset + 100, 0);
        Assert.Equal(ReadOutcome.Damaged, Read(group, entry, entry.Position));

        _node.Disk.Spoil("log/0000000001.seg", entry.Position.Offset + 100);
        Assert.Equal(ReadOutcome.Unreadable, Read(group, entry, entry.Position));
    }

    [Fact]
    public void What_is_sound_is_moved_off_and_the_file_is_kept()
    {
        long group = Fill();
        ModelEntry entry = _node.Find(group)!.Live[1];
        _node.Disk.FlipBit("log/0000000001.seg", entry.Position.Offset + 100, 0);
        Assert.Equal(ReadOutcome.Damaged, Read(group, entry, entry.Position));

        Work();

        // The other entry of the segment has moved; the damaged one is still its owner's.
        Assert.NotEqual(1u, _node.Find(group)!.Live[2].Position.Segment);
        Assert.Equal(1u, entry.Position.Segment);
        Assert.Contains("0000000001.seg.suspect", _node.Disk.List("log"));
        _node.Append(group, [], [], null, false, 0, [new IndexRange(new LogIndex(1), new LogIndex(1))]);
        Work();
        Assert.Contains("0000000001.seg.damaged", _node.Disk.List("log"));
        Assert.DoesNotContain("0000000001.seg.suspect", _node.Disk.List("log"));
        _node.ReadAll();

        _node.Disk = _node.Disk.Crash(new Random(1), CrashMode.LoseAll);
        _node.Start();
        _node.ReadAll();
        Assert.Contains("0000000001.seg.damaged", _node.Disk.List("log"));
    }

    // Two entries in the first segment, and more behind it.
    private long Fill()
    {
        _node.Start();
        long group = _node.AddGroup();
        foreach (int bytes in (int[])[600, 1200, 1800, 1800, 1800])
        {
            _node.Append(group, [], new byte[bytes], null, true, 0, []);
            Assert.Equal(CommitOutcome.Committed, _node.Commit());
        }
        return group;
    }

    private void Work()
    {
        for (int round = 0; round < 6; round++)
        {
            _node.Commit();
            _node.Background.RunOnce();
            _node.Background.MakeCheckpoint();
            _node.Commit();
            _node.Background.RunOnce();
            _node.TakeNotes(static () => true);
        }
    }

    private ReadOutcome Read(long group, ModelEntry entry, Position position)
    {
        using EntryReader reader = _node.Log.OpenReader();
        return reader.Read(
            new GroupId(group), new LogIndex(entry.Index), position,
            EntryReader.EntryOverheadBytes + entry.Body.Length, out _, out _);
    }
}
