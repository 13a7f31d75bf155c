using System.Collections.Immutable;
using Warren.Amqp;
using Warren.Broker.Definitions;
using Warren.Broker.Definitions.Entries;
using Warren.Broker.Queues;
using Warren.Broker.Queues.Replicated;
using Warren.Broker.Tests.Definitions;
using Warren.Broker.Tests.Policies;
using Warren.Cluster;
using Warren.Cluster.Consensus;
using Xunit;

namespace Warren.Broker.Tests.Cluster;

/// <summary>
/// What the definitions of a cluster tell of replicated queues, and what becomes of these when members go. That what is
/// told is what is published is checked all the time.
/// </summary>
public sealed class ReplicationNewsTests
{
    private readonly SimulatedCluster _cluster = new(3, graceMs: 60_000, mostTurns: 100, onlyTells: true);

    public ReplicationNewsTests()
    {
        _cluster.StartAll();
        _cluster.UntilServing();
    }

    [Fact]
    public void A_quorum_queue_is_told_to_every_node_and_so_is_its_end()
    {
        Declare(_cluster[2], "q");
        QueueDefinition queue = Find(_cluster[1], "q");
        Assert.Equal(Samples.Node(2), queue.Members[0]);
        Assert.Equal(Samples.Node(2), queue.HomeNode);
        Assert.Equal(3, queue.Members.Length);
        Assert.All(_cluster.Nodes, node =>
        {
            Assert.Equal(queue.Members, Find(node, "q").Members);
            Assert.Equal(QueueOrigin.Applied, node.Told!.Origins[queue.Id.Value]);
        });
        Declare(_cluster[1], "classic", []);
        Assert.All(_cluster.Nodes, node => Assert.Single(node.Told!.Origins));
        _cluster.Done(_cluster[3].Broker!.Administration.Vhosts.DeleteAsync("/"));
        Assert.All(_cluster.Nodes, node =>
        {
            Assert.Empty(node.Told!.Origins);
            Assert.Equal([queue.Id.Value], node.Told.Gone);
        });
    }

    /// <summary>What was never published needs no group, and leaves none behind.</summary>
    [Fact]
    public void A_queue_that_comes_and_goes_at_once_is_not_told()
    {
        SimulatedCluster cluster = new SimulatedCluster(1, onlyTells: true).StartAll();
        cluster.UntilServing();
        QueueEntry entry = Samples.ReplicatedQueue("q", "/", 1);
        long before = cluster[1].Store.LastIndex;
        cluster[1].Store.Commit(entry, new RemovalEntry(entry.Key));
        Assert.Equal(before + 2, cluster[1].Store.LastIndex);
        Assert.Empty(cluster[1].Told!.Origins);
        Assert.Empty(cluster[1].Told!.Gone);
    }

    [Fact]
    public void A_start_says_whether_the_queue_was_compacted()
    {
        Declare(_cluster[1], "old");
        long old = Find(_cluster[1], "old").Id.Value;
        MakeLong(_cluster[2]);
        _cluster.Until(() => _cluster.Nodes.All(node => node.Store.Group.CompactedIndex.Value > old));
        Declare(_cluster[1], "new");
        long made = Find(_cluster[1], "new").Id.Value;
        foreach (SimulatedNode node in _cluster.Nodes)
            node.Crash();
        _cluster.StartAll();
        _cluster.UntilServing();
        Assert.All(_cluster.Nodes, node =>
        {
            Assert.Equal(QueueOrigin.Compacted, node.Told!.Origins[old]);
            Assert.Equal(QueueOrigin.Applied, node.Told.Origins[made]);
            Assert.Empty(node.Told.Gone);
        });
    }

    [Fact]
    public void What_a_leaders_snapshot_brings_and_takes_is_told()
    {
        SimulatedNode behind = _cluster.Nodes.First(node => node != _cluster.Leader);
        Declare(behind, "gone");
        Declare(behind, "stays");
        QueueDefinition gone = Find(behind, "gone");
        SimulatedNode leader = _cluster.Leader!;
        _cluster.SetCut(behind, isCut: true);
        leader.Store.Post(new RemoveQueue(Find(leader, "gone"), new TaskCompletionSource()));
        leader.Broker!.Operations.DeclareAsync("/", "new", true, false, Quorum);
        QueueDefinition changed = Find(leader, "stays");
        leader.Store.Post(new TurnEvent(() => leader.Store.Commit(new QueueMembersEntry
        {
            Vhost = "/",
            Name = "stays",
            Queue = changed.Id.Value,
            Members = changed.Members[1..],
            WishedSize = 2,
        })));
        MakeLong(leader);
        _cluster.Until(() => leader.Store.Group.CompactedIndex > behind.Store.Group.Applied);
        long made = Find(leader, "new").Id.Value;
        Assert.False(behind.Has("new"));
        _cluster.SetCut(behind, isCut: false);
        _cluster.Until(() => behind.Has("new"), what: "the snapshot");
        Assert.Equal(QueueOrigin.Snapshot, behind.Told!.Origins[made]);
        Assert.Equal(QueueOrigin.Applied, behind.Told.Origins[Find(behind, "stays").Id.Value]);
        Assert.Equal([gone.Id.Value], behind.Told.Gone);
        Assert.Equal(changed.Members[1..], Find(behind, "stays").Members);
        behind.Told.Check();
        Assert.Equal(QueueOrigin.Applied, leader.Told!.Origins[made]);
    }

    /// <summary>A member may be forgotten if others have its queues: they are shown on the next one.</summary>
    [Fact]
    public void A_replicated_queue_outlives_its_members_but_the_last()
    {
        SimulatedNode doomed = _cluster.Nodes.First(node => node != _cluster.Leader);
        Declare(doomed, "shared");
        QueueDefinition before = Find(doomed, "shared");
        SimulatedNode leader = _cluster.Leader!;
        doomed.Crash();
        Assert.True(Withdraw(leader, doomed.Id));
        Assert.Equal(before.Members[1], Find(leader, "shared").HomeNode);
        ImmutableArray<NodeId> others = [.. before.Members.Where(member => member != doomed.Id)];
        _cluster.Until(() => Find(leader, "shared").Members.SequenceEqual(others), what: "the members without it");
        // It does not leave after all.
        _cluster.Done(leader.Broker!.Cluster.AnnounceAsync(doomed.Id, NameOf(doomed), "10.0.0.9"));
        _cluster.Until(
            () => Find(leader, "shared").Members.SequenceEqual([.. others, doomed.Id]), what: "the members with it");
        Assert.True(Withdraw(leader, doomed.Id));
        Task<ChangeOutcome> removed = leader.Broker.Cluster.RemoveAsync(doomed.Id);
        _cluster.Done(removed);
        doomed.Forget();
        _cluster.Until(() => leader.Store.Group.Members.Members.Length == 2, what: "the removal");
        SimulatedNode[] rest = [.. _cluster.Nodes.Where(node => node != doomed)];
        _cluster.Until(() => rest.All(node => node.IsServing && node.Broker!.Nodes.Members.Count == 2
            && Find(node, "shared").Members.SequenceEqual(others)));
        Assert.All(rest, node =>
        {
            QueueDefinition queue = Find(node, "shared");
            Assert.Equal(before.Id, queue.Id);
            Assert.Equal(before.Founders, queue.Founders);
            Assert.Equal(before.Members[1], queue.HomeNode);
        });
        // The queue's entry names the forgotten one still: a start makes the same of it.
        foreach (SimulatedNode node in rest)
            node.Crash();
        foreach (SimulatedNode node in rest)
            node.Start();
        _cluster.Until(() => rest.All(node => node.IsServing));
        Assert.All(rest, node => Assert.Equal(before.Members[1], Find(node, "shared").HomeNode));
        Assert.All(rest, node => Assert.Equal(others, Find(node, "shared").Members));
    }

    [Fact]
    public void A_member_with_the_only_copy_of_a_replicated_queue_is_not_withdrawn()
    {
        SimulatedNode alone = _cluster.Nodes.First(node => node != _cluster.Leader);
        SimulatedNode leader = _cluster.Leader!;
        Declare(alone, "shared");
        Declare(alone, "alone", Fields.Of(("x-queue-type", "quorum"), ("x-quorum-initial-group-size", 1)));
        Assert.Equal([alone.Id], Find(leader, "alone").Members);
        Assert.False(Withdraw(leader, alone.Id));
        Assert.Equal("alone", Assert.Single(leader.Broker!.Cluster.DurableQueuesOf(alone.Id)).Name);
        Assert.Equal("alone", Assert.Single(alone.Broker!.Cluster.OnlyCopies()).Name);
        Assert.Empty(leader.Broker.Cluster.OnlyCopies());
        Assert.Contains(alone.Id, leader.Broker.Nodes.Members.Keys);
    }

    private static FieldTable Quorum => Fields.Of(("x-queue-type", "quorum"));

    private void Declare(SimulatedNode node, string queue, FieldTable? arguments = null)
    {
        Task declared = node.Broker!.Operations.DeclareAsync("/", queue, true, false, arguments ?? Quorum);
        _cluster.Done(declared);
        Assert.True(declared.IsCompletedSuccessfully, $"{declared.Exception}");
    }

    private bool Withdraw(SimulatedNode leader, NodeId node)
    {
        Task<bool> withdrawn = leader.Broker!.Cluster.WithdrawAsync(node);
        _cluster.Done(withdrawn);
        return withdrawn.GetAwaiter().GetResult();
    }

    private static QueueDefinition Find(SimulatedNode node, string queue) =>
        node.Broker!.AllQueues().Single(one => one.Name == queue);

    private static NodeName NameOf(SimulatedNode node) =>
        NodeName.TryParse(node.Name, out NodeName name) ? name : throw new InvalidOperationException(node.Name);

    // More than is kept behind a compaction.
    private static void MakeLong(SimulatedNode node)
    {
        for (int each = 0; each < 600; each++)
            node.Broker!.Operations.DeclareAsync("/", $"filler{each}", true, false, FieldTable.Empty);
    }
}
