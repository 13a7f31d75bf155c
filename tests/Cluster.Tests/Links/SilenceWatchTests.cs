using Warren.Cluster.Links;
using Warren.Wire;
using Xunit;

namespace Warren.Cluster.Tests.Links;

public sealed class SilenceWatchTests
{
    private static readonly LinkOptions Options = new();

    private readonly ManualTime _time = new();
    private readonly SilenceWatch _watch;

    public SilenceWatchTests() => _watch = new SilenceWatch(_time, Options);

    [Fact]
    public void A_peer_that_is_heard_and_hears_lives()
    {
        for (int tick = 0; tick < 200; tick++)
        {
            _time.Advance(Options.TickInterval);
            _watch.Heard(_time.GetTimestamp());
            Assert.Equal(SilenceKind.None, _watch.Look(_time.GetTimestamp()));
            long number = _watch.Send(_time.GetTimestamp());
            _watch.Echoed(number - 1);
        }
    }

    [Fact]
    public void Silence_is_seen_after_the_timeout_and_not_before()
    {
        _time.Advance(Options.SilenceTimeout - TimeSpan.FromMilliseconds(1));
        Assert.Equal(SilenceKind.None, _watch.Look(_time.GetTimestamp()));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(SilenceKind.NotHeard, _watch.Look(_time.GetTimestamp()));
    }

    [Fact]
    public void A_peer_that_talks_and_does_not_hear_is_seen()
    {
        SilenceKind seen = SilenceKind.None;
        int ticks = 0;
        for (; seen == SilenceKind.None && ticks < 100; ticks++)
        {
            _watch.Send(_time.GetTimestamp());
            _time.Advance(Options.TickInterval);
            _watch.Heard(_time.GetTimestamp());
            seen = _watch.Look(_time.GetTimestamp());
        }
        Assert.Equal((SilenceKind.DoesNotHear, 7), (seen, ticks));
    }

    [Fact]
    public void A_restart_of_the_clocks_gives_everybody_the_whole_time_again()
    {
        _watch.Send(_time.GetTimestamp());
        _time.Advance(TimeSpan.FromMinutes(1));
        _watch.Restart(_time.GetTimestamp());
        Assert.Equal(SilenceKind.None, _watch.Look(_time.GetTimestamp()));
        _time.Advance(Options.SilenceTimeout);
        Assert.Equal(SilenceKind.NotHeard, _watch.Look(_time.GetTimestamp()));
    }

    [Fact]
    public void How_long_the_peer_may_have_taken_this_node_for_lost_outlives_a_restart_of_the_clocks()
    {
        long first = _watch.Send(_time.GetTimestamp());
        _time.Advance(Options.SilenceTimeout);
        _watch.Echoed(first);
        Assert.Equal(TimeSpan.Zero, _watch.LostFor(_time.GetTimestamp()));
        _time.Advance(TimeSpan.FromSeconds(5));
        _watch.Restart(_time.GetTimestamp());
        Assert.Equal(TimeSpan.FromSeconds(5), _watch.LostFor(_time.GetTimestamp()));
        // What was heard before the restart, and what was never said, prove nothing new.
        _watch.Echoed(first);
        _watch.Echoed(first + 1);
        Assert.Equal(TimeSpan.FromSeconds(5), _watch.LostFor(_time.GetTimestamp()));
    }

    [Fact]
    public void A_peer_that_hears_again_has_this_node_for_lost_no_more()
    {
        _time.Advance(Options.SilenceTimeout + TimeSpan.FromSeconds(5));
        long number = _watch.Send(_time.GetTimestamp());
        Assert.Equal(TimeSpan.FromSeconds(5), _watch.LostFor(_time.GetTimestamp()));
        _watch.Echoed(number);
        Assert.Equal(TimeSpan.Zero, _watch.LostFor(_time.GetTimestamp()));
    }
}
