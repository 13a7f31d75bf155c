using Warren.Cluster.Consensus;
using Warren.Cluster.Tests.Consensus;
using Warren.Cluster.Tests.Consensus.Simulation;
using Warren.Storage;
using Xunit;

namespace Warren.Cluster.Tests.Groups;

/// <summary>A group of one member: its owner has what it proposed at once, and hears later that it is safe.</summary>
public sealed class GroupOfOneTests
{
    private readonly KeyTruth _truth = new();

    [Fact]
    public void Applies_at_append_and_tells_when_durable()
    {
        GroupNode node = Start();
        node.Commit();
        Assert.True(node.Raft!.MayDecide);
        LogIndex told = node.Machine!.Told;

        node.ProposeSet(key: 3);
        Assert.Equal(node.Raft.LastIndex, node.Machine.Applied);
        Assert.Equal(told, node.Machine.Told);

        node.Commit();
        Assert.Equal(node.Raft.LastIndex, node.Machine.Told);
    }

    [Fact]
    public void What_was_applied_and_not_durable_goes_with_a_crash()
    {
        GroupNode node = Start();
        node.Commit();
        node.ProposeSet(key: 3);
        node.Commit();
        node.ProposeSet(key: 4);
        node.LoseUnsynced();
        node.Start(0);
        node.Commit();
        Assert.Single(node.Machine!.Live);
        Assert.True(node.Raft!.MayDecide);
    }

    [Fact]
    public void A_group_from_before_consensus_goes_on_and_may_crash_before_it_has_said_so()
    {
        GroupNode node = Make();
        node.Disk = OldGroup.Make(new NodeLogOptions { ReserveBytes = 0 }, _truth, new Random(5));
        LogIndex last = _truth.Last;
        for (int start = 0; start < 3; start++)
        {
            node.Start(0);
            Assert.Equal(last, node.Raft!.CompactedIndex);
            Assert.Equal(_truth.LiveAt(last).Keys, node.Machine!.Live.Select(live => live.Entry.Index.Value));
            if (start == 1)
                node.Commit();
            node.LoseUnsynced();
        }
        node.Start(0);
        node.Commit();
        node.ProposeSet(key: 1);
        node.Commit();
        Assert.Equal(node.Raft!.LastIndex, node.Machine!.Told);
        node.CheckReadable();
    }

    [Fact]
    public void May_lead_before_its_vote_is_durable()
    {
        GroupNode node = Make(new RaftOptions { LeadsAtOnceAlone = true });
        node.Founders = new Membership([new Member(node.Id, IsVoter: true)]);
        for (int life = 0; life < 20; life++)
        {
            // A start that leaves nothing behind: its term is used again.
            node.Start(0);
            node.LoseUnsynced();
            node.Start(0);
            node.ReadAll();
            Assert.True(node.Raft!.MayDecide);
            Assert.Equal(ChangeOutcome.TooEarly, node.Raft.ChangeMembers(
                new MembershipChange(MembershipChangeKind.AddLearner, ScriptedCluster.Id(2))));
            node.ProposeSet(key: (byte)life);
            Assert.Equal(node.Raft.LastIndex, node.Machine!.Applied);
            node.Commit();
            node.ProposeSet(key: (byte)(100 + life));
            node.LoseUnsynced();
        }
        node.Start(0);
        node.Commit();
        Assert.Equal(20, node.Machine!.Live.Count());
    }

    [Fact]
    public void What_the_only_voter_has_is_committed_at_its_start_also_when_others_learn()
    {
        GroupNode node = Start();
        node.Commit();
        node.ProposeSet(key: 1);
        Assert.Equal(ChangeOutcome.Proposed, node.Raft!.ChangeMembers(
            new MembershipChange(MembershipChangeKind.AddLearner, ScriptedCluster.Id(2))));
        node.ProposeSet(key: 2);
        node.Commit();
        LogIndex last = node.Raft.LastIndex;
        node.LoseUnsynced();
        node.Start(0);
        node.ReadAll();
        // Before anything more is on the disk: an owner that looks at once sees all of it.
        Assert.Equal(last, node.Raft!.Applied);
        Assert.Equal(2, node.Machine!.Live.Count());
    }

    private GroupNode Start()
    {
        GroupNode node = Make();
        node.Founders = new Membership([new Member(node.Id, IsVoter: true)]);
        node.Start(0);
        return node;
    }

    private GroupNode Make(RaftOptions? options = null)
    {
        var random = new Random(1);
        return new GroupNode(
            ScriptedCluster.Id(1), options ?? new RaftOptions(), new NodeLogOptions { ReserveBytes = 0 },
            new SimulatedNetwork(random), _truth, random);
    }
}
