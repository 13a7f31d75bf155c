using Warren.Broker.Queues;
using Warren.Broker.Queues.Replicated;
using Warren.Broker.Tests.Cluster;
using Warren.Broker.Tests.Policies;
using Xunit;

namespace Warren.Broker.Tests.Queues.Replicated;

/// <summary>How fast a leader that is gone is followed, and how one goes that means to. A step is 5 ms.</summary>
public sealed class FailoverTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2.5);

    /// <summary>A second: the least time until an election that nobody hastens.</summary>
    private const int StepsOfTimeout = 200;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_leader_that_was_killed_is_followed_at_once(int seed)
    {
        var group = new ReplicaGroup(seed);
        ReplicatedQueue leader = group.UntilLed();
        group.Publish(leader, 1, 5);
        group.UntilEqual();
        group.NodeOf(leader).Crash();
        group.Cluster.Until(() => group.Leader is not null, StepsOfTimeout / 2, "the next leader");
        Assert.Equal(5, group.Leader!.Replica.Messages.Count);
    }

    [Fact]
    public void A_link_that_is_back_at_once_changes_no_leader()
    {
        var group = new ReplicaGroup();
        ReplicatedQueue leader = group.UntilLed();
        long term = leader.Consensus!.Term.Value;
        group.Cluster.SetCut(group.NodeOf(leader), true);
        // As long as a new link takes at most.
        group.Cluster.Steps(60);
        group.Cluster.SetCut(group.NodeOf(leader), false);
        group.Cluster.Steps(2 * StepsOfTimeout);
        Assert.Same(leader, group.Leader);
        Assert.All(group.Members, member => Assert.Equal(term, member.Consensus!.Term.Value));
    }

    [Fact]
    public void A_follower_that_loses_its_link_with_the_leader_changes_no_leader()
    {
        var group = new ReplicaGroup();
        ReplicatedQueue leader = group.UntilLed();
        long term = leader.Consensus!.Term.Value;
        SimulatedNode node = group.NodeOf(leader);
        SimulatedNode follower = group.Cluster.Nodes.First(one => one != node);
        group.Cluster.Network.Cut(node.Id, follower.Id);
        group.Cluster.Steps(4 * StepsOfTimeout);
        Assert.Same(leader, group.Leader);
        Assert.Equal(term, leader.Consensus!.Term.Value);
        group.Publish(leader, 1, 5);
    }

    [Fact]
    public async Task A_node_that_stops_in_order_hands_over_before_it_ends()
    {
        var group = new ReplicaGroup();
        ReplicatedQueue leader = group.UntilLed();
        group.Publish(leader, 1, 5);
        SimulatedNode node = group.NodeOf(leader);
        Task<HandedOver> handing = node.Broker!.HandOverAsync(Patience);
        group.Cluster.Until(
            () => !leader.Consensus!.IsLeader && !leader.Consensus.Leader.IsNone, StepsOfTimeout / 2, "another leader");
        await group.Cluster.Done(handing);
        Assert.Equal(new HandedOver(Led: 1, Kept: 0), await handing);
        ReplicatedQueue next = group.Members.Single(member => member.Consensus!.IsLeader);
        Assert.NotSame(leader, next);
        long term = next.Consensus!.Term.Value;
        node.Crash();
        group.Publish(group.UntilLed(), 6, 8);
        Assert.Equal((next, term), (group.Leader, next.Consensus.Term.Value));
        Assert.Equal(8, next.Replica.Messages.Count);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Who_does_not_answer_is_not_waited_for_for_ever(int deaf)
    {
        var group = new ReplicaGroup();
        ReplicatedQueue leader = group.UntilLed();
        group.UntilEqual();
        SimulatedNode node = group.NodeOf(leader);
        // One of the two is asked first.
        group.Cluster.Nodes.Where(one => one != node).ElementAt(deaf).Transport!.IsBehind = true;
        Task<HandedOver> handing = node.Broker!.HandOverAsync(Patience);
        await group.Cluster.Done(handing);
        Assert.Equal(new HandedOver(Led: 1, Kept: 0), await handing);
    }

    [Fact]
    public async Task Without_others_it_keeps_what_it_leads()
    {
        var group = new ReplicaGroup();
        ReplicatedQueue leader = group.UntilLed();
        group.Cluster.SetCut(group.NodeOf(leader), true);
        Task<HandedOver> handing = group.NodeOf(leader).Broker!.HandOverAsync(Patience);
        await group.Cluster.Done(handing);
        Assert.Equal(new HandedOver(Led: 1, Kept: 1), await handing);
    }

    /// <summary>It stops serving when something cannot be proposed, and leads on: no other term begins.</summary>
    [Fact]
    public async Task Who_serves_again_in_the_same_term_has_all_that_was_published_before()
    {
        var group = new ReplicaGroup();
        ReplicatedQueue leader = group.UntilLed();
        group.Publish(leader, 1, 5);
        group.UntilEqual();
        SimulatedNode node = group.NodeOf(leader);
        long term = leader.Consensus!.Term.Value;
        foreach (SimulatedNode other in group.Cluster.Nodes.Where(one => one != node))
            other.SlowDisk(800);
        int number = 6;
        while (number <= 8)
            group.Publish(leader, number++, "proposed");
        group.Cluster.Steps(10);
        Task<HandedOver> handing = node.Broker!.HandOverAsync(TimeSpan.FromMilliseconds(200));
        group.Cluster.Until(
            () =>
            {
                group.Publish(leader, number++, "not proposed");
                return handing.IsCompleted;
            },
            what: "an end");
        Assert.Equal(5, leader.Replica.Messages.Count);
        node.Broker.LeadAgain();
        await handing;
        group.UntilEqual();
        Assert.Equal((leader, term), (group.Leader, leader.Consensus.Term.Value));
        Assert.Equal(2, group.BeginningsOf(node));
        Assert.Equal(leader.Replica.Messages.Count, leader.ReadyCount);
    }

    [Fact]
    public async Task A_node_that_has_handed_over_leads_nothing_until_it_may_again()
    {
        var group = new ReplicaGroup();
        ReplicatedQueue leader = group.UntilLed();
        group.UntilEqual();
        SimulatedNode node = group.NodeOf(leader);
        Task<HandedOver> handing = node.Broker!.HandOverAsync(Patience);
        await group.Cluster.Done(handing);
        // Of the two that are left one alone may lead, with the other's vote.
        group.UntilEqual();
        group.NodeOf(group.UntilLed()).Crash();
        ReplicatedQueue third = group.UntilLed();
        Assert.NotSame(leader, third);
        await group.Cluster.Done(node.Broker.Operations.DeclareAsync(
            "/", "later", true, false, Fields.Of([("x-queue-type", "quorum")])));
        group.Cluster.Until(
            () => group.Members.Count(member => member is { IsServing: true, Definition.Name: "later" }) == 1,
            what: "the leader of a queue that came later");
        Assert.DoesNotContain(group.Members, member => member.IsServing && group.NodeOf(member) == node);
        node.Broker.LeadAgain();
        Task<HandedOver> back = group.NodeOf(third).Broker!.HandOverAsync(Patience);
        await group.Cluster.Done(back);
        Assert.Equal(new HandedOver(Led: 2, Kept: 0), await back);
        Assert.True(leader.Consensus!.IsLeader);
    }
}
