using Warren.Cluster.Consensus;
using Xunit;

namespace Warren.Cluster.Tests.Groups;

/// <summary>
/// What is left on a node of a group that has removed it costs nothing, and comes back when it is spoken to.
/// </summary>
public sealed class GivenUpMemberTests
{
    [Fact]
    public void It_calls_for_no_turn_and_is_not_walked()
    {
        IdleNode[] nodes = Removed();
        long calls = nodes[2].Calls;
        Pass(nodes, 20);
        Assert.Equal(calls, nodes[2].Calls);
        Assert.All(nodes, node => Assert.Equal(0, node.Heartbeats.ActiveCount));
    }

    [Fact]
    public void It_follows_again_when_it_is_added_again()
    {
        IdleNode[] nodes = Removed();
        Pass(nodes, 20);
        Change(nodes, MembershipChangeKind.AddLearner);
        Pass(nodes, 20);
        Assert.Equal(nodes[0].Id, nodes[2].First.Leader);
        Assert.Equal(nodes[0].First.Commit, nodes[2].First.Commit);
        Assert.All(nodes, node => Assert.Equal(0, node.Heartbeats.ActiveCount));
    }

    /// <summary>It follows again, and is removed before it has anything: its leader is silent from then on.</summary>
    [Fact]
    public void It_rests_again_when_it_was_added_for_a_moment()
    {
        IdleNode[] nodes = Removed();
        nodes[2].IsDeaf = true;
        Change(nodes, MembershipChangeKind.AddLearner);
        IdleNode.Beat(nodes);
        IdleNode.Work(nodes);
        Assert.Equal(nodes[0].Id, nodes[2].First.Leader);
        Change(nodes, MembershipChangeKind.Remove);
        Pass(nodes, 5);
        Assert.True(nodes[2].First.Leader.IsNone);
        Assert.All(nodes, node => Assert.Equal(0, node.Heartbeats.ActiveCount));
        long calls = nodes[2].Calls;
        Pass(nodes, 20);
        Assert.Equal(calls, nodes[2].Calls);
    }

    private static IdleNode[] Removed()
    {
        IdleNode[] nodes = IdleNode.MakeCluster(3, 1);
        IdleNode.Settle(nodes);
        Pass(nodes, 5);
        Change(nodes, MembershipChangeKind.Remove);
        nodes[2].First.GiveUp();
        nodes[2].First.Flush();
        return nodes;
    }

    private static void Change(IdleNode[] nodes, MembershipChangeKind kind)
    {
        Assert.Equal(
            ChangeOutcome.Proposed, nodes[0].First.ChangeMembers(new MembershipChange(kind, nodes[2].Id)));
        nodes[0].First.Flush();
        IdleNode.Work(nodes);
    }

    private static void Pass(IdleNode[] nodes, int seconds)
    {
        // In steps of 50 ms: a tick every 100, a batch every 250.
        for (int step = 1; step <= seconds * 20; step++)
        {
            foreach (IdleNode node in nodes)
            {
                if (step % 2 == 0)
                    node.Heartbeats.Tick();
                if (step % 5 == 0)
                    node.Heartbeats.Beat();
            }
            IdleNode.Work(nodes);
        }
    }
}
