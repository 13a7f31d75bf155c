using Warren.Storage.Checkpoints;
using Warren.Storage.Log;
using Warren.Storage.Reclaim;
using Xunit;

namespace Warren.Storage.Tests.Reclaim;

public sealed class VictimChoiceTests
{
    private const int SegmentBytes = 1000;

    private readonly NodeLogOptions _options = new() { SegmentBytes = SegmentBytes, ReclaimSlackSegments = 1 };

    /// <summary>6,000 bytes for 2,400 that are wanted, where 4,600 are within the bounds.</summary>
    [Fact]
    public void No_more_is_copied_than_brings_the_log_back_to_a_segment_less() =>
        Assert.Equal([1u, 4, 5], Choose([0, 900, 300, 100, 200, 900]));

    [Fact]
    public void What_is_dead_goes_whatever_the_log_takes() =>
        Assert.Equal([2u, 3], Choose([900, 0, 0, 900]));

    /// <summary>A short one with little in it frees next to nothing, each time it is copied.</summary>
    [Fact]
    public void What_frees_most_for_what_is_copied_goes_first() =>
        Assert.Equal(
            [1u, 3, 2], Choose([0, 20, 100, 900, 900], lengths: [1000, 50, 1000, 1000, 1000], isSpaceLow: true));

    [Fact]
    public void What_does_not_fit_the_room_keeps_nothing_smaller_back() =>
        Assert.Equal(
            [2u, 4], Choose([300, 0, 400, 250], lengths: [1000, 1000, 1000, 600], isSpaceLow: true, room: 299));

    [Fact]
    public void Nothing_is_copied_of_a_log_within_its_bounds() =>
        Assert.Equal([2u], Choose([900, 0, 450, 900]));

    [Fact]
    public void All_that_is_mostly_dead_goes_when_space_is_low() =>
        Assert.Equal([2u, 3, 1], Choose([499, 0, 100, 500, 900], isSpaceLow: true));

    [Fact]
    public void Damaged_segments_go_whatever_is_wanted_of_them() =>
        Assert.Equal([2u, 1], Choose([900, 0, 900], damaged: 1));

    [Fact]
    public void What_the_older_checkpoint_does_not_cover_stays() =>
        Assert.Equal([1u], Choose([0, 0, 0], older: 1));

    // Segment n ends with LSN n.
    private uint[] Choose(
        int[] wanted, int[]? lengths = null, bool isSpaceLow = false, uint damaged = 0, long older = 100,
        long room = long.MaxValue)
    {
        SegmentLine[] lines =
        [
            .. wanted.Select((bytes, place) => new SegmentLine(
                (uint)place + 1, SegmentKind.Log, 1, (uint)(lengths?[place] ?? SegmentBytes), new Lsn(place + 1))
            {
                LiveBytes = bytes,
                Overrules = [],
            }),
        ];
        return
        [
            .. VictimChoice.Choose(
                new CheckpointTable(1, new Lsn(100), lines, []), new Lsn(older), current: 100, _options, isSpaceLow,
                room, new HashSet<uint> { damaged }, static _ => false).Select(static line => line.Segment),
        ];
    }
}
