using Warren.Amqp;
using Warren.Broker.Definitions;
using Warren.Broker.Definitions.Nodes;
using Warren.Cluster;
using Warren.Cluster.Consensus;
using Warren.Storage;
using Warren.Storage.Inspection;
using Xunit;

namespace Warren.Broker.Tests.Cluster;

/// <summary>
/// A member of whose definitions damage has left nothing, while the rest of its log is there: it has acknowledged what
/// it does not have any more, so that it must not help anybody to lead who does not have that either.
/// </summary>
public sealed class LostDefinitionsTests
{
    [Fact]
    public void A_founder_gives_nobody_its_vote()
    {
        SimulatedCluster cluster = new SimulatedCluster(3, graceMs: 60_000, mostTurns: 100).StartAll();
        cluster.UntilServing();
        Loses(cluster, cluster.Nodes.Last(node => node != cluster.Leader));
    }

    [Fact]
    public void Who_has_joined_gives_nobody_its_vote()
    {
        var cluster = new SimulatedCluster(2, joiners: 1, graceMs: 60_000, mostTurns: 100);
        cluster.StartAll().UntilServing(1, 2);
        SimulatedNode joiner = cluster[3];
        Change(cluster, membership => membership.AddLearnerAsync(
            joiner.Id, NodeName.TryParse(joiner.Name, out NodeName name) ? name : default, "10.0.0.3"));
        cluster.UntilServing();
        Change(cluster, membership => membership.PromoteAsync(joiner.Id));
        cluster.Until(() => joiner.Store.Group.Members.IsVoter(joiner.Id), what: "a vote");
        Loses(cluster, joiner);
    }

    /// <summary>It has acknowledged nothing, and a member that waits for all has to be started once more.</summary>
    [Fact]
    public void Who_crashes_before_anything_of_it_is_written_joins_as_before()
    {
        var cluster = new SimulatedCluster(1, joiners: 1, mostTurns: 100);
        cluster[1].Start();
        cluster[2].Start();
        cluster[2].Crash();
        cluster[2].Start();
        Assert.Equal(Soundness.Sound, cluster[2].Store.Group.Soundness);
    }

    /// <summary>A mark that says so is all that is left of the group.</summary>
    [Fact]
    public void It_founds_no_cluster_of_its_own_at_its_next_start()
    {
        SimulatedCluster cluster = new SimulatedCluster(3, graceMs: 60_000, mostTurns: 100).StartAll();
        cluster.UntilServing();
        SimulatedNode node = cluster.Nodes.First(node => node != cluster.Leader);
        cluster.Nodes.ToList().ForEach(each => cluster.SetCut(each, isCut: true));
        Damage(node);
        for (int start = 0; start < 3; start++)
        {
            node.Start();
            cluster.Steps(200);
            Assert.Equal(Soundness.NeedsSnapshot, node.Store.Group.Soundness);
            Assert.False(node.Store.Group.IsLeader);
            node.Crash();
        }
    }

    /// <summary>What it has told of its losses by then, it knows no more.</summary>
    [Fact]
    public void Its_leader_brings_it_all_although_it_has_told_of_other_losses_before()
    {
        SimulatedCluster cluster = new SimulatedCluster(3, graceMs: 60_000, mostTurns: 100).StartAll();
        cluster.UntilServing();
        SimulatedNode node = cluster.Nodes.First(node => node != cluster.Leader);
        Term term = cluster.Leader!.Store.Group.Term;
        for (int loss = 0; loss < 3; loss++)
        {
            node.Store.Post(new TurnEvent(() => node.Store.Group.BecomeUnsound("a test")));
            cluster.Until(() => node.Store.Group.Soundness == Soundness.NeedsSnapshot, what: "a loss");
            cluster.Until(() => node.Store.Group.Soundness == Soundness.Sound, what: "what was lost");
        }
        Damage(node);
        node.Start();
        cluster.Until(() => node.Store.Group.Soundness == Soundness.Sound, what: "what was lost");
        Assert.Equal(term, cluster.Leader!.Store.Group.Term);
    }

    /// <summary>Its leader was not told of a loss that is not written.</summary>
    [Fact]
    public void Who_crashes_before_its_loss_is_written_follows_the_same_leader_again()
    {
        SimulatedCluster cluster = new SimulatedCluster(3, graceMs: 60_000, mostTurns: 100).StartAll();
        cluster.UntilServing();
        SimulatedNode node = cluster.Nodes.First(node => node != cluster.Leader);
        SimulatedNode leader = cluster.Leader!;
        Term term = leader.Store.Group.Term;
        cluster.Steps(100);
        node.SlowDisk(1000);
        node.Store.Post(new TurnEvent(() => node.Store.Group.BecomeUnsound("a test")));
        cluster.Done(leader.Broker!.Operations.DeclareAsync("/", "before", true, false, FieldTable.Empty));
        cluster.Steps(100);
        Assert.NotEqual(Soundness.Sound, node.Store.Group.Soundness);
        node.Crash();
        node.Start();
        Assert.Equal(Soundness.Sound, node.Store.Group.Soundness);
        cluster.Done(leader.Broker!.Operations.DeclareAsync("/", "behind", true, false, FieldTable.Empty));
        cluster.Until(() => node.Has("behind"), what: "what others have");
        Assert.Equal(term, leader.Store.Group.Term);
    }

    private static void Loses(SimulatedCluster cluster, SimulatedNode damaged)
    {
        SimulatedNode leader = cluster.Leader!;
        SimulatedNode lagging = cluster.Nodes.First(node => node != leader && node != damaged);
        cluster.SetCut(lagging, isCut: true);
        Task declared = leader.Broker!.Operations.DeclareAsync("/", "e", true, false, FieldTable.Empty);
        cluster.Until(() => damaged.Store.Group.Commit == leader.Store.Group.LastIndex && damaged.Has("e"), what: "e");
        LogIndex committed = leader.Store.Group.Commit;
        cluster.Done(declared);
        Damage(damaged);
        leader.Crash();
        cluster.SetCut(lagging, isCut: false);
        damaged.Start();
        for (int step = 0; step < 4000; step++)
        {
            cluster.Step();
            Assert.False(lagging.Store.Group.IsLeader);
        }
        Assert.Equal(Soundness.NeedsSnapshot, damaged.Store.Group.Soundness);
        Task serving = damaged.Broker!.Cluster.WhenServing;
        leader.Start();
        cluster.Until(() => serving.IsCompleted && damaged.Store.Group.Awaited is null, what: "what was lost");
        damaged.Crash();
        damaged.Start();
        cluster.UntilServing();
        Assert.All(cluster.Nodes, node => Assert.True(node.Has("e")));
        Assert.True(cluster.Leader!.Store.Group.Commit > committed);
    }

    private static void Change(SimulatedCluster cluster, Func<ClusterMembership, Task<ChangeOutcome>> change)
    {
        Task<ChangeOutcome> changed = change(cluster.Leader!.Broker!.Cluster);
        cluster.Done(changed);
        Assert.Equal(ChangeOutcome.Proposed, changed.Result);
    }

    // A bit of each record of the group flips, and no checkpoint remembers it.
    private static void Damage(SimulatedNode node)
    {
        node.Crash();
        node.IsDamaged = true;
        foreach (string name in node.Disk.List("checkpoint"))
            node.Disk.Delete("checkpoint/" + name);
        var selection = new DumpSelection { Group = DefinitionsStore.GroupId };
        var places = new List<Position>();
        StorageDump.Read(node.Disk, selection, record => places.Add(record.Position), static _ => { });
        Assert.NotEmpty(places);
        foreach (Position place in places)
            node.Disk.FlipBit($"log/{place.Segment:D10}.seg", place.Offset + 8, 1);
    }
}
