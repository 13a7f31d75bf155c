using Warren.Broker.Queues.Remote;
using Warren.Broker.Queues.Replicated;
using Warren.Broker.Tests.Definitions;
using Warren.Cluster;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Queues.Replicated;

/// <summary>The pure parts of a queue's time: what counts of what is heard, what clocks say, what is written.</summary>
public sealed class QueueTimeRulesTests
{
    private static readonly NodeId Self = Samples.Node(1);

    [Fact]
    public void It_goes_on_by_the_monotonic_clock_from_the_word_that_was_least_late()
    {
        var time = new QueueTime();
        time.Hear(3, 10_000, nowMs: 500);
        Assert.Equal(10_100, time.At(600));
        // Said before, and come later.
        time.Hear(3, 10_050, nowMs: 700);
        Assert.Equal(10_200, time.At(700));
        time.Hear(3, 10_250, nowMs: 700);
        Assert.Equal(10_250, time.At(700));
    }

    [Fact]
    public void A_later_leader_s_word_counts_also_when_it_is_behind_and_no_earlier_one_s()
    {
        var time = new QueueTime();
        time.Hear(3, 10_000, nowMs: 500);
        time.Hear(5, 9_000, nowMs: 500);
        time.Hear(4, 20_000, nowMs: 500);
        Assert.Equal((5, 9_000), (time.Term, time.At(500)));
        Assert.True(time.IsKnown(new LoggedTime(5, 1, null)));
        // A leader has been since, of which this member has heard nothing.
        Assert.False(time.IsKnown(new LoggedTime(6, 1, null)));
        Assert.False(new QueueTime().IsKnown(null));
    }

    [Fact]
    public void An_inquiry_ends_with_the_first_that_knows_it()
    {
        TimeInquiry inquiry = Inquiry();
        Assert.False(inquiry.IsOver(60_000, static _ => false));
        inquiry.Answer(Answer(2, term: 0, 0), 10);
        Assert.False(inquiry.IsOver(20, static _ => true));
        inquiry.Answer(Answer(3, term: 6, 50_000), 20);
        Assert.True(inquiry.IsOver(20, static _ => true));
        Assert.Equal(50_010, inquiry.Known.At(30));
    }

    [Fact]
    public void What_was_known_before_the_last_leader_in_the_log_does_not_count()
    {
        TimeInquiry inquiry = Inquiry();
        inquiry.Answer(Answer(2, term: 5, 50_000), 10);
        Assert.False(inquiry.IsOver(10, static _ => true));
        Assert.Equal(0, inquiry.Known.Term);
    }

    [Fact]
    public void Without_anybody_who_knows_it_all_who_are_there_are_waited_for_and_a_majority_however_long()
    {
        TimeInquiry inquiry = Inquiry();
        Assert.False(inquiry.IsOver(60_000, static _ => true));
        // Not asked.
        inquiry.Answer(Answer(9, term: 6, 50_000), 10);
        Assert.False(inquiry.IsOver(60_000, static _ => true));
        inquiry.Answer(Answer(2, term: 0, 0), 10);
        Assert.False(inquiry.IsOver(TimeInquiry.PatienceMs - 1, static _ => true));
        Assert.True(inquiry.IsOver(TimeInquiry.PatienceMs, static _ => true));
        Assert.True(inquiry.IsOver(10, static node => node != Samples.Node(3)));
    }

    [Fact]
    public void The_clocks_in_the_middle_count()
    {
        var clocks = new WallClocks(new ManualTime());
        long own = clocks.OwnMs - 1000;
        clocks.Note(Samples.Node(2), own + 1000 + 7_000, nowMs: 1000);
        Assert.Equal((own, own + 7_000, 2, 7_000), Median(clocks));
        clocks.Note(Samples.Node(3), own + 1000 + 2_000, nowMs: 1000);
        Assert.Equal((own + 2_000, own + 2_000, 3, 7_000), Median(clocks));
        // One that is no member of the queue.
        clocks.Note(Samples.Node(4), own + 1000 + 9_000, nowMs: 1000);
        clocks.Forget(Samples.Node(2));
        Assert.Equal((own, own + 2_000, 2, 2_000), Median(clocks));
    }

    [Fact]
    public void A_clock_that_is_new_or_goes_ahead_has_moved_and_one_that_is_late_has_not()
    {
        var clocks = new WallClocks(new ManualTime());
        NodeId other = Samples.Node(2);
        Assert.True(clocks.HaveMoved(0));
        Assert.False(clocks.HaveMoved(0));
        clocks.Note(other, 10_000, nowMs: 0);
        Assert.True(clocks.HaveMoved(0));
        clocks.Note(other, 11_000 + WallClocks.MoveMs - 1, nowMs: 1000);
        Assert.False(clocks.HaveMoved(0));
        // Little by little is as far.
        clocks.Note(other, 12_000 + WallClocks.MoveMs, nowMs: 2000);
        Assert.True(clocks.HaveMoved(0));
        clocks.Note(other, 10_000, nowMs: 3000);
        Assert.False(clocks.HaveMoved(0));
        clocks.Note(other, 11_000 + WallClocks.MoveMs, nowMs: 4000);
        Assert.True(clocks.HaveMoved(0));
        Assert.Equal(4, clocks.Moves);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(0L)]
    [InlineData(-3_600_000L)]
    [InlineData(long.MaxValue)]
    public void A_state_comes_back_as_it_was_written(long? wallAheadMs)
    {
        var state = new QueueState { IsClosed = true, Time = new LoggedTime(9, 1_700_000_000_000, wallAheadMs) };
        state.Add(new PublishSource(Samples.Node(2), 5)).Take(40);
        foreach (QueueState read in (QueueState[])[QueueState.Read(state.Write()), state.Copy()])
        {
            Assert.Equal((state.Time, true), (read.Time, read.IsClosed));
            Assert.Equal(40, Assert.Single(read.Sources).Last);
        }
        Assert.Null(QueueState.Read(new QueueState().Write()).Time);
    }

    [Fact]
    public void The_documented_bytes_are_those_written()
    {
        byte[] state = new QueueState { Time = new LoggedTime(3, 300, -2) }.Write();
        Assert.Equal(Convert.FromHexString("06" + "00" + "00" + "03" + "AC02" + "03"), state);
        byte[] news = new byte[TimeFormat.EntryBytes];
        TimeFormat.Write(news, 1234, 7, 6, 900);
        Assert.Equal(
            Convert.FromHexString("D204000000000000" + "0700000000000000" + "0600000000000000" + "8403000000000000"),
            news);
        Assert.Equal((1234, Answer(2, 6, 900)), TimeFormat.Read(Samples.Node(2), isAnswer: true, news)[0]);
        Assert.Throws<FormatException>(() => TimeFormat.Read(Self, isAnswer: false, news.AsSpan(1)));
    }

    private static TimeInquiry Inquiry() =>
        new([Samples.Node(2), Samples.Node(3)], new LoggedTime(6, 40_000, null), nowMs: 0);

    private static TimeNews Answer(int node, long term, long timeMs) =>
        new(Samples.Node(node), IsAnswer: true, 7, term, timeMs);

    private static (long, long, int, long) Median(WallClocks clocks)
    {
        WallMedian median = clocks.MedianOf([Self, Samples.Node(2), Samples.Node(3)], Self, nowMs: 1000);
        return (median.LowerMs, median.UpperMs, median.Clocks, median.ApartMs);
    }
}
