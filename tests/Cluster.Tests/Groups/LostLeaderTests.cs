using Warren.Cluster.Consensus;
using Warren.Cluster.Groups;
using Warren.Cluster.Links;
using Warren.Storage;
using Xunit;

namespace Warren.Cluster.Tests.Groups;

/// <summary>A node that leads many groups is gone: three nodes, whose links tell the others.</summary>
public sealed class LostLeaderTests
{
    [Fact]
    public void All_its_groups_are_led_again_within_a_few_ticks_and_not_all_by_one_node()
    {
        IdleNode[] nodes = Settled(300);
        Kill(nodes);
        Tick(nodes, 3);
        Assert.Equal(300, nodes[1].LedNow + nodes[2].LedNow);
        // Half of the hundred that were led by the first.
        Assert.Equal(150, nodes[1].LedNow);
    }

    [Fact]
    public void Of_very_many_groups_only_so_many_campaign_in_a_tick()
    {
        IdleNode[] nodes = Settled(9000);
        Kill(nodes);
        int before = nodes[1].LedNow + nodes[2].LedNow;
        int most = 0;
        for (int tick = 0; tick < 10; tick++)
        {
            Tick(nodes, 1);
            int led = nodes[1].LedNow + nodes[2].LedNow;
            most = Math.Max(most, led - before);
            before = led;
        }
        Assert.Equal(9000, before);
        Assert.InRange(most, 1, 600);
    }

    [Fact]
    public void Nobody_is_disturbed_who_follows_another()
    {
        IdleNode[] nodes = Settled(3);
        long calls = nodes[1].Calls + nodes[2].Calls;
        Kill(nodes);
        // One group of three was led by the first, and has two followers.
        Assert.Equal(calls + 2, nodes[1].Calls + nodes[2].Calls);
    }

    [Fact]
    public void A_leader_that_is_heard_again_before_the_turn_is_told_is_not_replaced()
    {
        IdleNode[] nodes = Settled(1);
        nodes[1].Heartbeats.PeerGone(nodes[0].Id, LinkEnd.PeerGone);
        nodes[2].Heartbeats.PeerGone(nodes[0].Id, LinkEnd.PeerGone);
        nodes[0].Heartbeats.Beat();
        Tick(nodes, 3);
        Assert.True(nodes[0].First.IsLeader);
        Assert.Equal(1, nodes[1].First.Term.Value);
    }

    [Fact]
    public void A_leader_that_is_heard_again_by_heartbeats_alone_is_not_replaced()
    {
        IdleNode[] nodes = Settled(1);
        nodes[1].Heartbeats.PeerGone(nodes[0].Id, LinkEnd.PeerGone);
        nodes[2].Heartbeats.PeerGone(nodes[0].Id, LinkEnd.PeerGone);
        IdleNode.Work(nodes);
        nodes[0].Heartbeats.Beat();
        IdleNode.Work(nodes);
        // Had it still been gone for the second, this one would lead.
        nodes[2].First.Campaign();
        nodes[2].First.Flush();
        IdleNode.Work(nodes);
        Assert.True(nodes[0].First.IsLeader);
        Assert.Equal(1, nodes[1].First.Term.Value);
    }

    [Fact]
    public void A_link_that_says_nothing_of_the_leader_leaves_it_time_to_come_back()
    {
        IdleNode[] nodes = Settled(30);
        foreach (IdleNode node in nodes.AsSpan(1))
            node.Heartbeats.PeerGone(nodes[0].Id, LinkEnd.Lost);
        Tick(nodes, 3);
        nodes[0].Heartbeats.Beat();
        Tick(nodes, 3);
        Assert.Equal(10, nodes[0].LedNow);
    }

    [Fact]
    public void A_group_that_comes_late_hears_nothing_of_the_time_before_it()
    {
        var heartbeats = new GroupHeartbeats(new RaftOptions(), static (_, _, _) => { }, static () => { });
        for (int tick = 0; tick < 1000; tick++)
            heartbeats.Tick();
        int calls = 0;
        heartbeats.Register(new GroupId(1), () => calls++);
        heartbeats.Tick();
        Assert.Equal(0, calls);
    }

    private static IdleNode[] Settled(int groups)
    {
        IdleNode[] nodes = IdleNode.MakeCluster(3, groups);
        IdleNode.Settle(nodes);
        return nodes;
    }

    private static void Kill(IdleNode[] nodes)
    {
        nodes[0].IsCut = true;
        foreach (IdleNode node in nodes.AsSpan(1))
            node.Heartbeats.PeerGone(nodes[0].Id, LinkEnd.PeerGone);
        IdleNode.Work(nodes);
    }

    private static void Tick(IdleNode[] nodes, int ticks)
    {
        for (; ticks > 0; ticks--)
        {
            foreach (IdleNode node in nodes)
                node.Heartbeats.Tick();
            IdleNode.Work(nodes);
        }
    }
}
