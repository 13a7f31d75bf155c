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
        RunIdle(nodes, 20);
        long calls = nodes.Sum(node => node.Calls);
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        long lines = nodes.Sum(node => node.LinesSent);
        TimeSpan before = Environment.CpuUsage.TotalTime;
        RunIdle(nodes, Seconds);
        TimeSpan used = Environment.CpuUsage.TotalTime - before;
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        lines = nodes.Sum(node => node.LinesSent) - lines;
        double share = used.TotalSeconds / nodes.Length / Seconds;
        output.WriteLine(
            $"{Groups} groups, {nodes.Length} nodes: {share:P3} of a core a node, "
            + $"{lines / nodes.Length / Seconds} lines a second and node, {allocated} bytes in {Seconds} s");
        Assert.Equal(calls, nodes.Sum(node => node.Calls));
        Assert.All(nodes, node => Assert.Equal(node.Led, node.LedNow));
        Assert.Equal((Groups * 2L * 2 * 4) * Seconds, lines);
        // Nothing a line: what is left is the runtime's own.
        Assert.True(allocated < lines / 100, $"{allocated} bytes were allocated");
    }

    [Fact]
    public void Silence_calls_for_the_turns_and_a_new_leader()
    {
        IdleNode[] nodes = IdleNode.MakeCluster(3, 30);
        IdleNode.Settle(nodes);
        nodes[0].IsCut = true;
        for (int second = 0; second < 10; second++)
        {
            RunIdle(nodes, 1);
            IdleNode.Work(nodes);
        }
        Assert.Equal(0, nodes[0].LedNow);
        Assert.Equal(30, nodes[1].LedNow + nodes[2].LedNow);
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

    private static void Beat(IdleNode[] nodes)
    {
        nodes[0].First.Flush();
        nodes[0].Heartbeats.BeatHasty();
        IdleNode.Work(nodes);
        foreach (IdleNode node in nodes)
            node.Heartbeats.Tick();
        IdleNode.Work(nodes);
    }

    private static void RunIdle(IdleNode[] nodes, int seconds)
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
            if (nodes[0].IsCut)
                IdleNode.Work(nodes);
        }
    }
}
