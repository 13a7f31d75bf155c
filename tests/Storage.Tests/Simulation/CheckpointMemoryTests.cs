using Warren.Storage.Checkpoints;
using Xunit;

namespace Warren.Storage.Tests.Simulation;

/// <summary>What a checkpoint is made from takes memory by the record, however small it is.</summary>
public sealed class CheckpointMemoryTests
{
    private const int RecordBytes = 32;
    private const int FewRecords = 40;

    private static readonly NodeLogOptions Spaced = new()
    {
        SegmentBytes = 1024 * 1024,
        CheckpointSpacingBytes = long.MaxValue,
        CheckpointSpacingFactor = 0,
        CheckpointMemoryBytes = FewRecords * RecordBytes,
    };

    private readonly SimulatedNode _node = new(Spaced, new Story(isWritten: false));

    [Fact]
    public void A_checkpoint_is_due_after_so_many_records_and_later_after_so_many_as_fit_twice_into_the_last()
    {
        _node.Start();
        long group = _node.AddGroup();
        AppendUntilDue(group, FewRecords);

        // Much waits: its checkpoint is larger than what a few records take.
        for (int count = 0; count < 1000; count++)
            Append(group);
        _node.Commit();
        _node.Background.RunOnce();
        long lengthBytes = LengthOfNewest();
        Assert.True(lengthBytes > Spaced.CheckpointMemoryBytes);
        AppendUntilDue(group, (int)(((2 * lengthBytes) + RecordBytes - 1) / RecordBytes));
    }

    [Fact]
    public void What_was_there_at_the_start_does_not_make_a_checkpoint_due()
    {
        _node.Start();
        long group = _node.AddGroup();
        for (int count = 0; count < 2 * FewRecords; count++)
            Append(group);
        _node.Commit();

        _node.Start();

        Assert.False(_node.Background.HasWork);
    }

    private void AppendUntilDue(long group, int records)
    {
        long first = _node.Log.DurableLsn.Value;
        // The first round of a segment holds a record of its own.
        while (_node.Log.LastLsn.Value < first + records - 1)
            Append(group);
        _node.Commit();
        Assert.False(_node.Background.HasWork);
        Append(group);
        _node.Commit();
        Assert.True(_node.Background.HasWork);
    }

    private void Append(long group) => _node.Append(group, [], [1], null, true, 0, []);

    private long LengthOfNewest()
    {
        using CheckpointReader reader = CheckpointSet.OpenNewest(_node.Disk, _ => { })!;
        return reader.LengthBytes;
    }
}
