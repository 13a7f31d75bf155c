using Warren.Broker.Alarms;
using Warren.Broker.Queues;
using Warren.Broker.Queues.Replicated;
using Warren.Broker.Tests.Queues.Replicated;
using Warren.Cluster;
using Xunit;

namespace Warren.Broker.Tests.Cluster;

/// <summary>A node whose disk stalls, or is full, leads nothing that others can lead. A step is 5 ms.</summary>
public sealed class DiskFitnessTests
{
    private const int StepsOfSecond = 200;
    private const int StepsOfRecovery = (DiskFitness.RecoveryMs / 1000 + 2) * StepsOfSecond;

    private readonly ReplicaGroup _group = new();

    private SimulatedCluster Cluster => _group.Cluster;

    [Fact]
    public void A_queue_is_led_by_another_while_its_leaders_disk_stalls()
    {
        ReplicatedQueue leader = Begin();
        SimulatedNode node = _group.NodeOf(leader);
        node.SlowDisk(20 * StepsOfSecond);
        _group.Publish(leader, 6, "waits");
        Cluster.Steps(StepsOfSecond);
        Assert.True(leader.Consensus!.IsLeader);
        Cluster.Until(() => Next(leader) is not null, 3 * StepsOfSecond, "the next leader");

        ReplicatedQueue next = Next(leader)!;
        long term = next.Consensus!.Term.Value;
        _group.Publish(next, 7, 9);
        // It may be asked to, and is not to: its disk may stall again.
        next.Post(QueueCommand.Ask(group => group!.TransferLeadership(node.Id)));
        Cluster.Steps(22 * StepsOfSecond);
        Assert.Equal((next, term), (_group.Leader, next.Consensus.Term.Value));
        Assert.Single(node.Lines, line => line.Contains("has not finished a sync for", StringComparison.Ordinal));
        Assert.DoesNotContain(node.Lines, IsOver);

        Cluster.Until(() => node.Lines.Exists(IsOver), StepsOfRecovery, "the end of it");
        _group.UntilEqual();
        next.Post(QueueCommand.Ask(group => group!.TransferLeadership(node.Id)));
        Cluster.Until(() => _group.Leader == leader, what: "the one whose disk is well again");
        Assert.Equal(9, leader.Replica.Messages.Count);
    }

    /// <summary>Also where it is over the limit for a moment, as that of a process that stood still is.</summary>
    [Theory]
    [InlineData(300)]
    [InlineData(460)]
    public void A_stall_that_is_over_soon_changes_no_leader(int steps)
    {
        ReplicatedQueue leader = Begin();
        long term = leader.Consensus!.Term.Value;
        _group.NodeOf(leader).SlowDisk(steps);
        _group.Publish(leader, 6, "waits");
        Cluster.Steps(6 * StepsOfSecond);
        Assert.Equal((leader, term), (_group.Leader, leader.Consensus.Term.Value));
    }

    [Fact]
    public void Definitions_are_led_by_another_while_their_leaders_disk_stalls()
    {
        Begin();
        SimulatedNode leader = Cluster.Leader!;
        leader.SlowDisk(40 * StepsOfSecond);
        Task declared = leader.Broker!.Operations.DeclareAsync("/", "q", true, false, Amqp.FieldTable.Empty);
        Cluster.Until(
            () => Cluster.Nodes.Any(node => node != leader && node.Store.Group.MayDecide), 4 * StepsOfSecond,
            "the next leader");
        Assert.False(leader.Store.Group.IsLeader);
        SimulatedNode next = Cluster.Leader!;
        Cluster.Steps(10 * StepsOfSecond);
        Assert.Same(next, Cluster.Leader);
        Cluster.Done(declared);
        Assert.True(declared.IsCompletedSuccessfully);
    }

    [Fact]
    public void Where_all_disks_stall_whoever_leads_goes_on()
    {
        ReplicatedQueue leader = Begin();
        long term = leader.Consensus!.Term.Value;
        long ofDefinitions = Cluster.Leader!.Store.Group.Term.Value;
        foreach (SimulatedNode node in Cluster.Nodes)
            node.SlowDisk(8 * StepsOfSecond);
        _group.Publish(leader, 6, "waits");
        Cluster.Steps(6 * StepsOfSecond);
        Assert.True(_group.NodeOf(leader).Broker!.Disks!.IsUnfit);
        Assert.True(Cluster.Leader!.Broker!.Disks!.IsUnfit);
        Cluster.Steps(14 * StepsOfSecond);
        Assert.All(_group.Members, member => Assert.Equal(term, member.Consensus!.Term.Value));
        Assert.Equal(ofDefinitions, Cluster.Leader!.Store.Group.Term.Value);
        Assert.Same(leader, _group.Leader);
        _group.UntilEqual();
    }

    /// <summary>Each group is elected and committed by members that are well, or stays where it is.</summary>
    [Fact]
    public void Members_that_are_well_and_no_majority_are_handed_nothing()
    {
        ReplicatedQueue leader = Begin();
        long term = leader.Consensus!.Term.Value;
        SimulatedNode node = _group.NodeOf(leader);
        SimulatedNode away = Cluster.Nodes.First(other => other != node);
        Cluster.SetCut(away, isCut: true);
        node.SlowDisk(8 * StepsOfSecond);
        _group.Publish(leader, 6, "waits");
        Cluster.Steps(6 * StepsOfSecond);
        Assert.True(node.Broker!.Disks!.IsUnfit);
        Assert.Equal((leader, term), (_group.Leader, leader.Consensus.Term.Value));
        // With who comes back they are one.
        Cluster.SetCut(away, isCut: false);
        Cluster.Until(() => Next(leader) is not null, 4 * StepsOfSecond, "the next leader");
    }

    [Fact]
    public void Who_is_needed_leads_before_its_disk_has_been_well_for_long()
    {
        ReplicatedQueue leader = Begin();
        SimulatedNode node = _group.NodeOf(leader);
        node.SlowDisk(4 * StepsOfSecond);
        _group.Publish(leader, 6, "waits");
        Cluster.Until(() => Next(leader) is not null, 4 * StepsOfSecond, "the next leader");
        _group.UntilEqual();
        Assert.True(node.Broker!.Disks!.IsUnfit);
        SimulatedNode next = _group.NodeOf(Next(leader)!);
        SimulatedNode third = Cluster.Nodes.Single(other => other != node && other != next);
        // Of the two that are left it alone may lead.
        third.Broker!.HandOverAsync(TimeSpan.FromSeconds(1));
        next.Crash();
        Cluster.Until(() => _group.Leader == leader, 5 * StepsOfSecond, "it");
        Assert.True(node.Broker.Disks.IsUnfit);
    }

    [Fact]
    public void A_member_whose_disk_is_full_leads_nothing_and_comes_back()
    {
        ReplicatedQueue leader = Begin();
        SimulatedNode node = _group.NodeOf(leader);
        long capacityBytes = node.Disk.CapacityBytes;
        node.Disk.CapacityBytes -= node.Disk.FreeBytes;
        Cluster.Until(() => Next(leader) is not null, 2 * StepsOfSecond, "the next leader");
        ReplicatedQueue next = Next(leader)!;
        for (int number = 6; number < 400; number++)
            _group.Publish(next, number, new string('x', 1000));
        _group.Publish(next, 400, 400);
        Assert.True(leader.Consensus!.DurableIndex < next.Consensus!.Commit);
        Cluster.Steps(3 * StepsOfSecond);
        Assert.False(leader.Consensus.IsLeader);

        node.Disk.CapacityBytes = capacityBytes;
        _group.UntilEqual();
        Cluster.Until(() => !node.Broker!.Disks!.IsUnfit, StepsOfRecovery, "fitness");
        next.Post(QueueCommand.Ask(group => group!.TransferLeadership(node.Id)));
        Cluster.Until(() => _group.Leader == leader, what: "the one that has space again");
        Assert.Equal(400, leader.Replica.Messages.Count);
    }

    /// <summary>Maintenance and a disk are two reasons: neither's end is the other's.</summary>
    [Fact]
    public async Task Who_is_under_maintenance_stays_it_whatever_its_disk_does()
    {
        ReplicatedQueue leader = Begin();
        SimulatedNode node = _group.NodeOf(leader);
        await Cluster.Done(node.Broker!.HandOverAsync(TimeSpan.FromSeconds(2)));
        node.SlowDisk(4 * StepsOfSecond);
        ReplicatedQueue next = _group.UntilLed(leader);
        _group.Publish(next, 6, 8);
        Cluster.Until(() => node.Broker.Disks!.IsUnfit, 4 * StepsOfSecond, "the stall");
        Cluster.Until(() => !node.Broker.Disks!.IsUnfit, 4 * StepsOfSecond + StepsOfRecovery, "its end");
        Cluster.Steps(10);
        Assert.True(leader.Consensus!.Node.IsBarred);
        node.Broker.LeadAgain();
        Cluster.Steps(10);
        Assert.False(leader.Consensus.Node.IsBarred);
    }

    [Fact]
    public void Nobody_hands_over_to_a_node_whose_sync_takes_long()
    {
        ReplicatedQueue leader = Begin();
        NodeId slow = Cluster.Nodes.First(node => node != _group.NodeOf(leader)).Id;
        DiskFitness disks = _group.NodeOf(leader).Broker!.Disks!;
        Assert.True(disks.MayLead(slow));
        disks.NotePeer(slow, DiskFitness.MostSyncMsOfNext);
        Assert.False(disks.MayLead(slow));
        disks.NotePeer(slow, DiskFitness.MostSyncMsOfNext - 1);
        Assert.True(disks.MayLead(slow));
    }

    private static bool IsOver(string line) => line.Contains("the node may lead again", StringComparison.Ordinal);

    private ReplicatedQueue Begin()
    {
        ReplicatedQueue leader = _group.UntilLed();
        _group.Publish(leader, 1, 5);
        _group.UntilEqual();
        return leader;
    }

    private ReplicatedQueue? Next(ReplicatedQueue before) =>
        _group.Members.FirstOrDefault(member => member != before && member.IsServing);
}
