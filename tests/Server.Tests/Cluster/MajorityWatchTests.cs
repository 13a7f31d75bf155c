using Warren.Cluster.Incidents;
using Warren.Server.Cluster;
using Warren.Wire;
using Xunit;

namespace Warren.Server.Tests.Cluster;

public sealed class MajorityWatchTests
{
    private readonly ManualTime _time = new();
    private readonly List<IncidentKind> _kinds = [];
    private readonly List<string> _log = [];
    private readonly MajorityWatch _watch;

    public MajorityWatchTests() =>
        _watch = new MajorityWatch(_time, (_, _, line) => _log.Add(line), one => _kinds.Add(one.Kind));

    [Fact]
    public void What_lasts_is_told_once_and_its_end_too()
    {
        Look(true, true, 2);
        Look(false, false, 60);
        Assert.Equal([IncidentKind.MajorityLost], _kinds);
        Assert.Contains("not b, c", Assert.Single(_log), StringComparison.Ordinal);
        // Reached, and not served yet.
        Look(false, true, 2);
        Assert.Single(_kinds);
        Look(true, true, 60);
        Assert.Equal([IncidentKind.MajorityLost, IncidentKind.MajorityRegained], _kinds);
        Look(false, false, 60);
        Assert.Equal(3, _kinds.Count);
    }

    [Fact]
    public void A_moment_and_a_start_are_not_told()
    {
        // It waits for the others.
        Look(false, false, 60);
        Look(true, true, 1);
        Look(false, false, 2);
        Look(true, true, 10);
        Assert.Empty(_kinds);
        Assert.Empty(_log);
    }

    private void Look(bool serves, bool reaches, int seconds)
    {
        for (; seconds > 0; seconds--)
        {
            _watch.Look(serves, reaches, () => "b, c");
            _time.Advance(TimeSpan.FromSeconds(1));
        }
    }
}
