using Warren.Cluster.Consensus;
using Warren.Cluster.Consensus.Messages;
using Warren.Cluster.Groups;
using Warren.Cluster.Links;
using Warren.Cluster.Tests.Consensus;
using Warren.Storage;
using Xunit;

namespace Warren.Cluster.Tests.Groups;

/// <summary>
/// Groups at rest when something goes wrong, or ends: what one side holds for resting the other does, too.
/// </summary>
public sealed class RestTests
{
    [Fact]
    public void A_gap_is_answered_with_the_next_tick_and_the_lines_go_at_once()
    {
        IdleNode[] nodes = IdleNode.MakeRested(30);
        nodes[0].LosesRest = true;
        nodes[0].Heartbeats.Beat();
        nodes[0].LosesRest = false;
        long lines = nodes[0].LinesSent;
        // This one shows the gap.
        nodes[0].Heartbeats.Beat();
        Assert.Equal(lines, nodes[0].LinesSent);
        nodes[1].Heartbeats.Tick();
        Assert.InRange(nodes[0].LinesSent, lines + nodes[0].Led, int.MaxValue);
    }

    [Fact]
    public void A_group_that_goes_just_before_a_link_ends_leaves_the_others_their_frames()
    {
        IdleNode[] nodes = IdleNode.MakeRested(6);
        Term term = nodes[0].Group(3).Term;
        LedRest rest = nodes[0].Heartbeats.RestOf(nodes[1].Id);
        Assert.Equal(2, rest.Count);
        nodes[0].Remove(0);
        Assert.Equal(1, rest.Count);
        nodes[0].Heartbeats.PeerGone(nodes[1].Id, LinkEnd.Lost);
        nodes[0].Heartbeats.Beat();
        Assert.Equal(0, rest.Count);
        IdleNode.Run(nodes, 10);
        Assert.Equal(1, rest.Count);
        Assert.Equal(term, nodes[1].Group(3).Term);
        Assert.True(nodes[0].Group(3).IsLeader);
        // Nobody is left behind in an epoch that is over: the one that it leads, and two of the other node's.
        nodes[0].Heartbeats.PeerGone(nodes[1].Id, LinkEnd.Lost);
        Assert.Equal(3, nodes[0].Heartbeats.ActiveCount);
    }

    [Fact]
    public void A_group_that_is_gone_from_its_leaders_node_gets_another_leader()
    {
        IdleNode[] nodes = IdleNode.MakeRested(1);
        nodes[0].Remove(0);
        IdleNode.Run(nodes, 5);
        Assert.Equal(1, nodes[1].LedNow + nodes[2].LedNow);
        Assert.Equal(0, nodes[0].Heartbeats.RestOf(nodes[1].Id).Count);
        Assert.Equal(0, nodes[0].Heartbeats.ActiveCount);
    }

    [Fact]
    public void A_group_that_is_gone_from_a_members_node_rests_with_the_others()
    {
        IdleNode[] nodes = IdleNode.MakeRested(3);
        Term term = nodes[0].First.Term;
        nodes[2].Remove(0);
        IdleNode.Run(nodes, 1);
        Assert.Equal(0, nodes[0].Heartbeats.RestOf(nodes[2].Id).Count);
        Assert.Equal(1, nodes[0].Heartbeats.RestOf(nodes[1].Id).Count);
        Assert.Equal(1, nodes[0].Heartbeats.ActiveCount);
        IdleNode.Run(nodes, 5);
        Assert.True(nodes[0].First.IsLeader);
        Assert.Equal(term, nodes[1].First.Term);
        Assert.Equal(0, nodes[1].Heartbeats.ActiveCount);
    }

    [Theory]
    [InlineData(0, 0, true)]
    [InlineData(0, -1, false)]
    [InlineData(0, 1, false)]
    [InlineData(2, 0, false)]
    public void A_member_rests_under_its_leader_in_its_term_and_nowhere_else(int from, int laterTerms, bool rests)
    {
        IdleNode[] nodes = IdleNode.MakeCluster(3, 1);
        IdleNode.Settle(nodes);
        RaftGroup group = nodes[1].First;
        FollowedRest rest = nodes[1].Heartbeats.UnderOf(nodes[from].Id);
        var line = new Heartbeat(new Term(group.Term.Value + laterTerms), group.Commit, 0);
        Assert.Equal(rests, group.Heartbeats!.TryRest(rest, line));
    }

    [Fact]
    public void After_a_pause_one_epoch_begins_and_stays()
    {
        IdleNode[] nodes = IdleNode.MakeRested(1);
        for (int step = 0; step < 20; step++)
        {
            Assert.True(nodes[0].First.TryPropose([new EntryPayload(new byte[] { 0xFF, 1 }, default)], out _));
            nodes[0].First.Flush();
            IdleNode.Work(nodes);
            IdleNode.Tick(nodes);
            IdleNode.Beat(nodes);
        }
        Assert.Equal(0, nodes[0].Heartbeats.RestOf(nodes[1].Id).Count);
        int epochs = nodes[0].Epochs.Count;
        IdleNode.Run(nodes, 5);
        Assert.All(nodes, node => Assert.Equal(0, node.Heartbeats.ActiveCount));
        // One with each of the others.
        Assert.Equal(epochs + 2, nodes[0].Epochs.Count);
        Assert.Equal(0, nodes[1].LostEpochs + nodes[2].LostEpochs);
    }

    [Fact]
    public void Who_hears_the_leader_again_by_heartbeats_alone_helps_nobody_against_it()
    {
        IdleNode[] nodes = IdleNode.MakeRested(1);
        RaftGroup group = nodes[2].First;
        group.Node.IsBarred = true;
        Term term = group.Term;
        nodes[2].IsCut = true;
        for (int tick = 0; tick < 12; tick++)
        {
            IdleNode.Tick(nodes);
            nodes[0].Heartbeats.Beat();
            IdleNode.Work(nodes);
        }
        // The link was silent, and has not ended.
        nodes[2].IsCut = false;
        IdleNode.Run(nodes, 5);
        Assert.Equal(0, nodes[2].Heartbeats.ActiveCount);
        group.Step(nodes[1].Id, new VoteRequest(term.Next())
        {
            LastIndex = group.LastIndex,
            LastTerm = term,
        });
        Assert.Equal(term, group.Term);
        Assert.Equal(nodes[0].Id, group.Leader);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(7)]
    public void A_leader_gives_up_an_election_timeout_after_all_were_heard(int counted)
    {
        IdleNode[] nodes = IdleNode.MakeRested(1);
        RaftNode node = nodes[0].First.Node;
        // Nobody counts as heard, some time ago.
        for (int tick = 0; tick < 10 + counted; tick++)
            node.Tick();
        Assert.True(node.IsLeader);
        IdleNode.Run(nodes, 5);
        nodes[0].Heartbeats.Beat();
        nodes[1].Heartbeats.Tick();
        nodes[2].Heartbeats.Tick();
        nodes[0].IsCut = true;
        int ticks = 0;
        while (node.IsLeader && ticks < 40)
        {
            nodes[0].Heartbeats.Tick();
            IdleNode.Work(nodes);
            ticks++;
        }
        Assert.Equal(10, ticks);
    }

    [Fact]
    public void A_turn_that_comes_late_does_not_count_twice_whom_a_leader_has_heard()
    {
        for (int counted = 0; counted < 10; counted++)
        {
            IdleNode[] nodes = IdleNode.MakeRested(1);
            nodes[2].IsCut = true;
            for (int tick = 0; tick < 30 + counted; tick++)
                Step(nodes, works: true);
            for (int tick = 0; tick < 12; tick++)
                Step(nodes, works: false);
            IdleNode.Work(nodes);
            Assert.True(nodes[0].First.IsLeader);
        }
    }

    [Fact]
    public void A_member_is_taken_right_after_all_were_heard()
    {
        IdleNode[] nodes = IdleNode.MakeCluster(3, 1);
        IdleNode.Settle(nodes);
        Assert.True(nodes[0].First.Node.Replication.TakeQuorumHeard());
        nodes[0].Heartbeats.Beat();
        for (int tick = 0; tick < 8; tick++)
            nodes[0].Heartbeats.Tick();
        Assert.Equal(ChangeOutcome.Proposed, nodes[0].First.ChangeMembers(
            new MembershipChange(MembershipChangeKind.AddLearner, ScriptedCluster.Id(4))));
    }

    [Fact]
    public void Groups_that_do_not_rest_are_walked_without_allocation()
    {
        IdleNode[] nodes = IdleNode.MakeCluster(3, 300);
        foreach (IdleNode node in nodes)
            node.LosesRest = true;
        IdleNode.Settle(nodes);
        IdleNode.RunIdle(nodes, 10);
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        IdleNode.RunIdle(nodes, 10);
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        Assert.All(nodes, node => Assert.Equal(300, node.Heartbeats.ActiveCount));
        // What is left is the runtime's own.
        Assert.InRange(allocated, 0, 20_000);
    }

    private static void Step(IdleNode[] nodes, bool works)
    {
        IdleNode.Tick(nodes);
        IdleNode.Beat(nodes);
        if (works)
            IdleNode.Work(nodes);
    }
}
