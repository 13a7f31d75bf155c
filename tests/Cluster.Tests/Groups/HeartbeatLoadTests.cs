using Warren.Cluster.Consensus;
using Warren.Cluster.Consensus.Messages;
using Warren.Cluster.Groups;
using Warren.Cluster.Tests.Consensus;
using Warren.Storage;
using Warren.Storage.Disk;
using Xunit;

namespace Warren.Cluster.Tests.Groups;

/// <summary>What idle groups cost: three nodes with ten thousand groups, a third of them led by each.</summary>
public sealed class HeartbeatLoadTests(ITestOutputHelper output)
{
    private const int Groups = 10_000;
    private const int Seconds = 60;

    [Fact]
    public void Ten_thousand_idle_groups_call_for_no_turn_and_allocate_nothing()
    {
        IdleNode[] nodes = IdleNode.MakeCluster(3, Groups);
        IdleNode.Settle(nodes);
        // Compiled well before it is measured.
        IdleNode.RunIdle(nodes, 20);
        long calls = nodes.Sum(node => node.Calls);
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        long lines = nodes.Sum(node => node.LinesSent);
        TimeSpan before = Environment.CpuUsage.TotalTime;
        IdleNode.RunIdle(nodes, Seconds);
        TimeSpan used = Environment.CpuUsage.TotalTime - before;
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        lines = nodes.Sum(node => node.LinesSent) - lines;
        double share = used.TotalSeconds / nodes.Length / Seconds;
        output.WriteLine(
            $"{Groups} groups, {nodes.Length} nodes: {share:P3} of a core a node, "
            + $"{lines / nodes.Length / Seconds} lines a second and node, {allocated} bytes in {Seconds} s");
        Assert.Equal(calls, nodes.Sum(node => node.Calls));
        Assert.All(nodes, node => Assert.Equal(node.Led, node.LedNow));
        Assert.Equal(0, lines);
        Assert.All(nodes, node => Assert.Equal(0, node.Heartbeats.ActiveCount));
        // What is left is the runtime's own.
        Assert.InRange(allocated, 0, 100_000);
    }

    [Fact]
    public void Silence_calls_for_the_turns_and_a_new_leader()
    {
        IdleNode[] nodes = IdleNode.MakeCluster(3, 30);
        IdleNode.Settle(nodes);
        nodes[0].IsCut = true;
        for (int second = 0; second < 10; second++)
        {
            IdleNode.RunIdle(nodes, 1);
            IdleNode.Work(nodes);
        }
        Assert.Equal(0, nodes[0].LedNow);
        Assert.Equal(30, nodes[1].LedNow + nodes[2].LedNow);
    }

    [Fact]
    public void Groups_that_rest_notice_that_their_leader_is_gone_and_rest_again_under_the_next()
    {
        IdleNode[] nodes = IdleNode.MakeRested(30);
        nodes[0].IsCut = true;
        for (int second = 0; second < 10; second++)
            IdleNode.Run(nodes, 1);
        Assert.Equal(0, nodes[0].LedNow);
        Assert.Equal(30, nodes[1].LedNow + nodes[2].LedNow);
        nodes[0].IsCut = false;
        IdleNode.Run(nodes, 10);
        Assert.All(nodes, node => Assert.Equal(0, node.Heartbeats.ActiveCount));
        Assert.Equal(0, LinesIn(nodes, 5));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Who_does_not_know_of_rest_is_sent_lines_as_ever(int silent)
    {
        IdleNode[] nodes = IdleNode.MakeCluster(2, 10);
        IdleNode.Settle(nodes);
        nodes[silent].LosesRest = true;
        IdleNode.Run(nodes, 10);
        // Lines of groups of both, and answers, four times a second: neither learns of the other that it knows.
        Assert.Equal(10 * 2 * 4 * 5, LinesIn(nodes, 5));
        Assert.Equal(nodes[0].Led, nodes[0].LedNow);
    }

    [Fact]
    public void A_frame_that_is_lost_ends_the_rest_and_it_begins_anew()
    {
        IdleNode[] nodes = IdleNode.MakeRested(30);
        nodes[0].LosesRest = true;
        nodes[0].Heartbeats.Beat();
        nodes[0].LosesRest = false;
        Term term = nodes[0].First.Term;
        Assert.InRange(LinesIn(nodes, 2), 1, int.MaxValue);
        IdleNode.Run(nodes, 10);
        Assert.Equal(0, LinesIn(nodes, 5));
        Assert.Equal(term, nodes[0].First.Term);
        Assert.All(nodes, node => Assert.Equal(node.Led, node.LedNow));
    }

    [Fact]
    public void A_group_that_does_something_rests_no_more_and_the_others_do()
    {
        IdleNode[] nodes = IdleNode.MakeRested(30);
        RaftGroup group = nodes[0].First;
        Assert.True(group.TryPropose([new EntryPayload(new byte[] { 0xFF, 1 }, new byte[8])], out LogIndex index));
        group.Flush();
        IdleNode.Work(nodes);
        Assert.All(nodes, node => Assert.InRange(node.Heartbeats.ActiveCount, 0, 1));
        Assert.Equal(1, nodes[0].Heartbeats.ActiveCount);
        IdleNode.Run(nodes, 1);
        Assert.All(nodes, node => Assert.Equal(index, node.First.Node.Log.Commit));
        IdleNode.Run(nodes, 5);
        Assert.Equal(0, LinesIn(nodes, 5));
        Assert.All(nodes, node => Assert.Equal(0, node.Heartbeats.ActiveCount));
    }

    [Fact]
    public void A_group_that_rests_goes_to_another_leader()
    {
        IdleNode[] nodes = IdleNode.MakeRested(30);
        Assert.True(nodes[0].First.TransferLeadership(nodes[1].Id));
        nodes[0].First.Flush();
        IdleNode.Work(nodes);
        Assert.True(nodes[1].First.IsLeader);
        IdleNode.Run(nodes, 10);
        Assert.Equal(0, LinesIn(nodes, 5));
        // The one before is no word of the leader any more.
        nodes[1].IsCut = true;
        IdleNode.Run(nodes, 10);
        Assert.True(nodes[0].First.IsLeader || nodes[2].First.IsLeader);
    }

    [Fact]
    public void A_member_that_has_voted_for_another_rests_no_more_and_the_leader_learns_of_it()
    {
        IdleNode[] nodes = IdleNode.MakeRested(30);
        Term term = nodes[0].First.Term;
        RaftGroup group = nodes[2].First;
        group.Step(nodes[1].Id, new VoteRequest(term.Next())
        {
            LastIndex = group.Node.Log.LastIndex,
            LastTerm = group.Node.Log.LastTerm,
            IsTransfer = true,
        });
        group.Flush();
        // Sooner than the member would stand itself.
        for (int tick = 0; tick < 8; tick++)
        {
            foreach (IdleNode node in nodes)
            {
                node.Heartbeats.Tick();
                node.Heartbeats.Beat();
            }
            IdleNode.Work(nodes);
        }
        Assert.Equal(term.Next(), nodes[0].First.Term);
    }

    [Fact]
    public void A_group_that_rests_takes_a_member()
    {
        IdleNode[] nodes = IdleNode.MakeRested(1);
        nodes[0].First.Node.Replication.TakeQuorumHeard();
        Assert.Equal(ChangeOutcome.Proposed, nodes[0].First.ChangeMembers(
            new MembershipChange(MembershipChangeKind.AddLearner, ScriptedCluster.Id(4))));
    }

    [Fact]
    public void A_leader_that_nobody_hears_gives_up_although_all_rest()
    {
        IdleNode[] nodes = IdleNode.MakeRested(30);
        nodes[1].IsCut = nodes[2].IsCut = true;
        IdleNode.Run(nodes, 5);
        Assert.Equal(0, nodes[0].LedNow);
    }

    [Fact]
    public void An_idle_group_takes_a_member_when_the_others_were_heard_by_heartbeats_alone()
    {
        IdleNode[] nodes = IdleNode.MakeCluster(3, 1);
        IdleNode.Settle(nodes);
        // The last that its turn did was to look whom it had heard.
        Assert.True(nodes[0].First.Node.Replication.TakeQuorumHeard());
        long calls = nodes[0].Calls;
        nodes[0].Heartbeats.Beat();
        Assert.Equal(calls, nodes[0].Calls);
        Assert.Equal(ChangeOutcome.Proposed, nodes[0].First.ChangeMembers(
            new MembershipChange(MembershipChangeKind.AddLearner, ScriptedCluster.Id(4))));
    }

    [Theory]
    [InlineData(nameof(PlantedBug.None))]
    [InlineData(nameof(PlantedBug.OldLeaderHeard))]
    public void Who_follows_another_leader_confirms_no_barrier_of_the_old_one(string bug)
    {
        IdleNode[] nodes = IdleNode.MakeCluster(3, 1);
        IdleNode.Settle(nodes);
        nodes[0].First.RequestBarrier(1);
        Beat(nodes);
        Assert.True(Assert.Single(nodes[0].Barriers).IsReached);

        nodes[0].IsDeaf = true;
        Assert.True(nodes[0].First.TransferLeadership(nodes[1].Id));
        nodes[0].First.Flush();
        IdleNode.Work(nodes);
        Assert.True(nodes[1].First.IsLeader);
        Planted.Bug = Enum.Parse<PlantedBug>(bug);
        try
        {
            nodes[0].First.RequestBarrier(2);
            Beat(nodes);
        }
        finally
        {
            Planted.Bug = PlantedBug.None;
        }
        Assert.Equal(bug == nameof(PlantedBug.None) ? 1 : 2, nodes[0].Barriers.Count);
    }

    private static long LinesIn(IdleNode[] nodes, int seconds)
    {
        long before = nodes.Sum(node => node.LinesSent);
        IdleNode.Run(nodes, seconds);
        return nodes.Sum(node => node.LinesSent) - before;
    }

    private static void Beat(IdleNode[] nodes)
    {
        nodes[0].First.Flush();
        nodes[0].Heartbeats.BeatHasty();
        IdleNode.Work(nodes);
        foreach (IdleNode node in nodes)
            node.Heartbeats.Tick();
        IdleNode.Work(nodes);
    }
}
