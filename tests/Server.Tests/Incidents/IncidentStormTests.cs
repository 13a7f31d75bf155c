using Warren.Cluster.Incidents;
using Warren.Server.Incidents;
using Xunit;

namespace Warren.Server.Tests.Incidents;

public sealed class IncidentStormTests
{
    private readonly IncidentStorm _storm = new();
    private DateTimeOffset _now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Fact]
    public void The_first_is_kept_at_once_and_the_rest_is_counted()
    {
        Assert.Equal("q is damaged 1", Take("q", 1)!.Incident.What);
        for (int number = 2; number <= 1000; number++)
        {
            _now += TimeSpan.FromMilliseconds(10);
            Assert.Null(Take("q", number));
        }
        Assert.Empty(_storm.TakeDue(_now, all: false));
        _now += TimeSpan.FromMinutes(1);
        KeptIncident kept = Assert.Single(_storm.TakeDue(_now, all: false));
        Assert.Equal(999, kept.Incident.Count);
        Assert.Equal("q is damaged 1000", kept.Incident.What);
        Assert.Equal(TimeSpan.FromMilliseconds(9980), kept.Time - kept.Since);
    }

    [Fact]
    public void A_storm_of_a_day_makes_some_thirty_lines()
    {
        int kept = 0;
        for (int second = 0; second < 24 * 3600; second++)
        {
            _now += TimeSpan.FromSeconds(1);
            kept += Take("q", second) is null ? 0 : 1;
            kept += _storm.TakeDue(_now, all: false).Count;
        }
        Assert.InRange(kept, 24, 35);
    }

    [Fact]
    public void Others_are_told_apart_but_not_without_end()
    {
        int kept = Enumerable.Range(0, 10_000).Count(number => Take($"q{number}", number) is not null);
        Assert.Equal(IncidentStorm.MostSubjects, kept);
        // Of another kind there is room.
        Assert.NotNull(_storm.Take(new Incident(IncidentKind.DiskSpace, "q", "full"), _now));
        KeptIncident rest = Assert.Single(_storm.TakeDue(_now, all: true));
        Assert.Equal(10_000 - kept, rest.Incident.Count);
        Assert.Contains("more of this kind than 20", rest.Incident.What, StringComparison.Ordinal);
    }

    /// <summary>It hears of these with the record alone.</summary>
    [Fact]
    public void The_log_is_not_said_to_have_what_it_was_not_told()
    {
        for (int number = 0; number < 100; number++)
        {
            var lost = new Incident(IncidentKind.LeaderLost, $"q{number}", "refused") { IsLogged = false };
            _storm.Take(lost, _now);
        }
        KeptIncident rest = Assert.Single(_storm.TakeDue(_now, all: true));
        Assert.Equal("more of this kind than 20; first: refused", rest.Incident.What);
    }

    [Fact]
    public void After_a_quiet_time_it_is_as_if_nothing_had_been()
    {
        Take("q", 1);
        _now += TimeSpan.FromMinutes(2);
        Assert.Empty(_storm.TakeDue(_now, all: false));
        Assert.True(_storm.IsCalm);
        Assert.NotNull(Take("q", 2));
    }

    private KeptIncident? Take(string subject, int number) =>
        _storm.Take(new Incident(IncidentKind.DamagedMember, subject, $"{subject} is damaged {number}"), _now);
}
