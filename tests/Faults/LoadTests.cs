using System.Net;
using Warren.Faults.Clusters;
using Warren.Faults.Hosts;
using Xunit;

namespace Warren.Faults;

/// <summary>What the loads of clusters are judged by.</summary>
public sealed class LoadTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("warren-load-").FullName;
    private readonly ConfirmTimes _confirms = new();

    [Fact]
    public void Only_a_node_that_something_is_done_to_may_lose_clients()
    {
        using var host = new Host("node1", IPAddress.Loopback, _root);
        using var other = new Host("node2", IPAddress.Loopback, _root);
        var losses = new ClientLosses();
        losses.Allow(host, isAllowed: true);
        losses.Lost(host, "a publisher", "the connection ended");
        losses.TurnedAway(host, "a publisher", "refused");
        FaultException found = Assert.Throws<FaultException>(() => losses.Lost(other, "a consumer", "cancelled"));
        Assert.Contains("node2, to which nothing was done, has lost a consumer: cancelled", found.Message);
        losses.Allow(host, isAllowed: false);
        Assert.Throws<FaultException>(() => losses.TurnedAway(host, "a publisher", "refused"));
        Assert.Equal(2, losses.Count);
    }

    [Fact]
    public void The_longest_time_without_a_confirm_is_that_of_who_stayed_or_of_who_moved()
    {
        Add(0, isFirst: true);
        Add(900);
        Add(1000);
        // It began before the moment that is asked for.
        Add(1500);
        Add(1700);
        Add(2700, isFirst: true);
        Assert.Equal(6, _confirms.Count);
        Assert.Equal(500, Gap(after: 1200, moved: false));
        Assert.Equal(900, Gap(after: 0, moved: false));
        Assert.Equal(200, Gap(after: 1600, moved: false));
        Assert.Equal(1000, Gap(after: 1600, moved: true));
        Assert.Equal(0, Gap(after: 2800, moved: true));
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private static long At(int ms) => ms * TimeProvider.System.TimestampFrequency / 1000;

    private double Gap(int after, bool moved) => _confirms.LongestGap(At(after), moved).TotalMilliseconds;

    private void Add(int ms, bool isFirst = false) => _confirms.Add(At(ms), isFirst);
}
