using System.Globalization;
using Warren.Amqp;
using Warren.Broker.Queues.Remote;
using Warren.Broker.Queues.Replicated;
using Warren.Broker.Tests.Cluster.Nodes;
using Warren.Broker.Tests.Policies;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Cluster;

/// <summary>
/// Messages of a replicated queue expire by the queue's own time, whatever the wall clocks of its nodes show. A step is
/// 5 ms.
/// </summary>
public sealed class QueueTimeTests
{
    private const int StepMs = 5;
    private const long HourMs = 3_600_000;

    private readonly SimulatedCluster _cluster = new(3, graceMs: 60_000, mostTurns: 100);

    public QueueTimeTests()
    {
        _cluster.StartAll();
        _cluster.UntilServing();
        _cluster.Done(_cluster[1].Broker!.Operations.DeclareAsync(
            "/", "q", true, false, Fields.Of(("x-queue-type", "quorum"))));
        _cluster.Until(() => Leader == _cluster[1], what: "its first leader");
    }

    private SimulatedNode? Leader => _cluster.Nodes.FirstOrDefault(node => node.IsUp && MemberOn(node).IsServing);

    [Theory]
    [InlineData(3)]
    [InlineData(-3)]
    public void At_a_leader_whose_clock_is_hours_off_nothing_expires_early_or_late(int hours)
    {
        long stored = Publish(20_000);
        Publish(HourMs);
        _cluster[2].Clock.Error = TimeSpan.FromHours(hours);
        LeadBy(_cluster[2]);
        Assert.Equal(2, MemberOn(_cluster[2]).ReadyCount);
        StepTo(stored + (19_900 / StepMs));
        Assert.Equal(2, MemberOn(_cluster[2]).ReadyCount);
        StepTo(stored + (20_500 / StepMs));
        Assert.Equal(1, MemberOn(_cluster[2]).ReadyCount);
        _cluster.Until(
            () => _cluster.Nodes.All(node => MemberOn(node).Replica.Messages.Count == 1), what: "what is left");
        Assert.Empty(Bridges());
    }

    [Theory]
    [InlineData(3)]
    [InlineData(-3)]
    public void What_a_leader_took_whose_clock_is_hours_off_expires_in_time_elsewhere(int hours)
    {
        _cluster[1].Clock.Error = TimeSpan.FromHours(hours);
        long stored = Publish(10_000);
        LeadBy(_cluster[3]);
        StepTo(stored + (9_900 / StepMs));
        Assert.Equal(1, MemberOn(_cluster[3]).ReadyCount);
        StepTo(stored + (10_500 / StepMs));
        Assert.Equal(0, MemberOn(_cluster[3]).ReadyCount);
    }

    /// <summary>Idle queues write nothing, and their groups rest: what is not told again goes on by itself.</summary>
    [Fact]
    public void Time_goes_on_at_members_that_hear_nothing_for_long()
    {
        long stored = Publish(30_000);
        long written = _cluster[2].Broker!.Storage!.WrittenBytes;
        _cluster[2].Clock.Error = TimeSpan.FromHours(5);
        StepTo(stored + (29_000 / StepMs));
        Assert.InRange(_cluster[2].Broker!.Storage!.WrittenBytes - written, 0, 4096);
        LeadBy(_cluster[2]);
        Assert.Equal(1, MemberOn(_cluster[2]).ReadyCount);
        StepTo(stored + (30_500 / StepMs));
        Assert.Equal(0, MemberOn(_cluster[2]).ReadyCount);
    }

    /// <summary>It was elsewhere all the time: the leader tells it, although nothing is written.</summary>
    [Fact]
    public void A_member_that_starts_is_told()
    {
        long stored = Publish(20_000);
        Publish(HourMs);
        foreach (SimulatedNode node in (SimulatedNode[])[_cluster[2], _cluster[3]])
        {
            node.Crash();
            node.Clock.Error = TimeSpan.FromHours(4);
            _cluster.Steps(500);
            node.Start();
            _cluster.UntilServing();
            _cluster.Steps(500);
        }
        // Of the processes that are left none was there when it was stored.
        _cluster[1].Crash();
        LeadBy(_cluster[2]);
        Assert.Empty(Bridges());
        StepTo(stored + (19_900 / StepMs));
        Assert.Equal(2, MemberOn(_cluster[2]).ReadyCount);
        StepTo(stored + (20_500 / StepMs));
        Assert.Equal(1, MemberOn(_cluster[2]).ReadyCount);
    }

    /// <summary>It starts when nobody leads, with a clock that is wrong, and asks until it is answered.</summary>
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void A_leader_that_has_heard_nothing_asks_who_has_run_on(bool losesQuestion, bool losesAnswer)
    {
        long stored = Publish(20_000);
        Publish(HourMs);
        _cluster.Until(
            () => _cluster.Nodes.All(node => MemberOn(node).Replica.Messages.Count == 2), what: "all of it");
        _cluster[2].Crash();
        _cluster[2].Clock.Error = TimeSpan.FromHours(4);
        StepTo(stored + (10_000 / StepMs));
        _cluster[1].Crash();
        _cluster[3].Clock.Error = TimeSpan.FromHours(5);
        _ = _cluster[3].Broker!.HandOverAsync(TimeSpan.FromSeconds(1));
        _cluster[2].Start();
        bool isLost = false;
        _cluster[2].Transport!.Loses = (_, kind) => losesQuestion && kind == LineFrame.Times && Once(ref isLost);
        _cluster[3].Transport!.Loses = (_, kind) => losesAnswer && kind == LineFrame.KnownTimes && Once(ref isLost);
        _cluster.Until(() => Leader == _cluster[2], what: "the next leader");
        Assert.Equal(losesQuestion || losesAnswer, isLost);
        Assert.Empty(Bridges());
        StepTo(stored + (19_900 / StepMs));
        Assert.Equal(2, MemberOn(_cluster[2]).ReadyCount);
        StepTo(stored + (20_500 / StepMs));
        Assert.Equal(1, MemberOn(_cluster[2]).ReadyCount);
    }

    /// <summary>By the clock in the middle, wherever the queue is led then.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_time_when_no_member_ran_is_bridged_by_the_median_of_their_wall_clocks(int leader)
    {
        Publish(HourMs / 2);
        Publish(2 * HourMs);
        _cluster.Until(
            () => _cluster.Nodes.All(node => MemberOn(node).Replica.Messages.Count == 2), what: "all of it");
        foreach (SimulatedNode node in _cluster.Nodes)
            node.Crash();
        // An hour passes, and the leader's clock is off by far more.
        foreach (SimulatedNode node in _cluster.Nodes)
            node.Clock.Error = TimeSpan.FromHours(node == _cluster[leader] ? 10 : 1);
        _cluster.StartAll().UntilServing();
        LeadBy(_cluster[leader]);
        _cluster.Until(() => MemberOn(_cluster[leader]).ReadyCount == 1, what: "what is left");
        const string Report = "3 wall clocks, which are 09:00:00 apart, 00:59:5";
        Assert.Contains(Bridges(), static line => line.Contains(Report, StringComparison.Ordinal));
        _cluster.Steps(1000);
        Assert.Equal(1, MemberOn(_cluster[leader]).ReadyCount);
    }

    /// <summary>
    /// All clocks are set while nothing happens, and then all nodes stop: what the clocks were ahead is not what has
    /// passed.
    /// </summary>
    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 3)]
    [InlineData(3, 2)]
    public void Clocks_that_are_set_while_the_nodes_run_do_not_expire_anything(int nodes, int leader)
    {
        Publish(HourMs);
        _cluster.Until(
            () => _cluster.Nodes.All(node => MemberOn(node).Replica.Messages.Count == 1), what: "all of it");
        foreach (SimulatedNode node in _cluster.Nodes.Take(nodes))
            node.Clock.Error = TimeSpan.FromHours(3);
        _cluster.Steps(600);
        foreach (SimulatedNode node in _cluster.Nodes)
            node.Crash();
        _cluster.StartAll().UntilServing();
        LeadBy(_cluster[leader]);
        _cluster.Steps(1000);
        Assert.NotEmpty(Bridges());
        Assert.Equal(1, MemberOn(_cluster[leader]).ReadyCount);
    }

    /// <summary>Of two clocks nobody can say which is right: the one by which less has passed is taken.</summary>
    [Fact]
    public void With_one_clock_against_another_nothing_expires_early()
    {
        Publish(HourMs);
        _cluster.Until(
            () => _cluster.Nodes.All(node => MemberOn(node).Replica.Messages.Count == 1), what: "all of it");
        foreach (SimulatedNode node in _cluster.Nodes)
            node.Crash();
        _cluster[2].Clock.Error = TimeSpan.FromHours(3);
        _cluster[1].Start();
        _cluster[2].Start();
        _cluster.UntilServing(1, 2);
        _cluster.Until(() => Leader is not null, what: "a leader");
        _cluster.Steps(1000);
        Assert.Equal(1, MemberOn(Leader!).ReadyCount);
        Assert.NotEmpty(Bridges());
    }

    /// <summary>The first that expires after many that do not: the log says what time it is before it.</summary>
    [Fact]
    public void The_log_says_what_time_it_is_before_anything_that_expires()
    {
        Publish(0);
        Assert.Null(MemberOn(_cluster[1]).Replica.State.Time);
        Publish(HourMs);
        _cluster.Until(
            () => _cluster.Nodes.All(node => MemberOn(node).Replica.Messages.Count == 2), what: "all of it");
        Assert.All(_cluster.Nodes, node => Assert.Equal(
            MemberOn(_cluster[1]).Replica.State.Time, MemberOn(node).Replica.State.Time!.Value));
        LoggedTime first = MemberOn(_cluster[1]).Replica.State.Time!.Value;
        LeadBy(_cluster[3]);
        _cluster.Until(
            () => _cluster.Nodes.All(node => MemberOn(node).Replica.State.Time!.Value.Term > first.Term),
            what: "the next leader's word in the log");
        Assert.True(MemberOn(_cluster[1]).Replica.State.Time!.Value.TimeMs >= first.TimeMs);
    }

    private static bool Once(ref bool wasSo)
    {
        bool isFirst = !wasSo;
        wasSo = true;
        return isFirst;
    }

    private static ReplicatedQueue MemberOn(SimulatedNode node) =>
        ((QueueReplication)node.Broker!.Replication!).Members.Single();

    private IEnumerable<string> Bridges() => _cluster.Nodes
        .SelectMany(static node => node.Lines)
        .Where(static line => line.Contains("no member has run on", StringComparison.Ordinal));

    // The step at which it was confirmed, before which it was stored.
    private long Publish(long liveMs)
    {
        SimulatedConnection client = _cluster[1].Connect();
        client.Send(new ConfirmSelect(noWait: true));
        var properties = new BasicProperties { DeliveryMode = 2 };
        if (liveMs > 0)
            properties = new BasicProperties
            {
                DeliveryMode = 2,
                Expiration = liveMs.ToString(CultureInfo.InvariantCulture),
            };
        client.Writer.AddPublish(1, "", "q", WireClient.Bytes("m"), properties.ToArray());
        client.Flush();
        long sent = _cluster.Network.Now;
        _cluster.Until(() => client.Take().Any(one => one.Method == MethodId.BasicAck), what: "the confirm");
        client.Cut();
        return sent;
    }

    private void StepTo(long step) => _cluster.Steps((int)Math.Max(0, step - _cluster.Network.Now));

    // The others give it up, or may not have it.
    private void LeadBy(SimulatedNode node)
    {
        foreach (SimulatedNode other in _cluster.Nodes.Where(other => other != node && other.IsUp))
            _ = other.Broker!.HandOverAsync(TimeSpan.FromSeconds(1));
        _cluster.Until(() => MemberOn(node).IsServing && Leader == node, what: "the leader");
        foreach (SimulatedNode other in _cluster.Nodes.Where(other => other != node && other.IsUp))
            other.Broker!.LeadAgain();
    }
}
