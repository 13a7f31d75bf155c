using System.Collections.Immutable;
using Warren.Broker.Administration;
using Warren.Broker.Definitions.Entries;
using Warren.Broker.Queues;
using Warren.Broker.Queues.Replicated;
using Warren.Broker.Tests.Policies;
using Warren.Cluster;
using Warren.Cluster.Consensus;
using Warren.Storage;
using Xunit;

namespace Warren.Broker.Tests.Cluster;

/// <summary>Every node hears from whoever leads a queue which members it has, over the links between nodes.</summary>
public sealed class ToldMembersTests
{
    private readonly SimulatedCluster _cluster = new(4, graceMs: 60_000, mostTurns: 100);

    public ToldMembersTests()
    {
        _cluster.StartAll();
        _cluster.UntilServing();
        _cluster.Done(_cluster[1].Broker!.Operations.DeclareAsync(
            "/", "q", true, false, Fields.Of(("x-queue-type", "quorum"))));
    }

    [Fact]
    public void All_nodes_hear_of_changes_and_those_without_a_link_when_they_have_one()
    {
        UntilTold(Queue.Members, _cluster.Nodes);
        SimulatedNode away = Node(Queue.Members[^1]);
        SimulatedNode other = _cluster.Nodes.Single(node => !Queue.Members.Contains(node.Id));
        _cluster.SetCut(away, isCut: true);
        NodeId[] members = [.. Queue.Members.Where(node => node != away.Id), other.Id];
        Wish(members);
        UntilTold(members, _cluster.Nodes.Where(node => node != away));
        Assert.Contains(away.Id, Told(away)!.Members.Select(member => member.Id));
        Assert.Equal(Soundness.Sound, MemberOn(away).Consensus!.Soundness);
        _cluster.SetCut(away, isCut: false);
        UntilTold(members, _cluster.Nodes);
        _cluster.Until(
            () => MemberOn(away).Consensus!.Soundness == Soundness.NeedsSnapshot, what: "that it lets go");
    }

    /// <summary>One that was elected has told nobody yet.</summary>
    [Fact]
    public void The_next_leader_tells_it_as_well()
    {
        UntilTold(Queue.Members, _cluster.Nodes);
        SimulatedNode led = _cluster.Nodes.Single(node => MembersOf(node).Any(member => member.Standing is not null));
        Term before = Told(led)!.LeaderTerm;
        led.Crash();
        _cluster.Until(
            () => _cluster.Nodes.Where(node => node != led).All(node => Told(node)!.LeaderTerm > before),
            what: "the next leader's word");
    }

    [Fact]
    public void A_node_that_starts_is_told()
    {
        UntilTold(Queue.Members, _cluster.Nodes);
        SimulatedNode other = _cluster.Nodes.Single(node => !Queue.Members.Contains(node.Id));
        other.Crash();
        other.Start();
        Assert.Null(Told(other));
        UntilTold(Queue.Members, [other]);
    }

    /// <summary>What has not caught up is no copy, and what a group counts on may not go.</summary>
    [Fact]
    public void A_node_is_known_to_have_the_only_copy_until_another_votes()
    {
        _cluster.Done(_cluster[1].Broker!.Operations.DeclareAsync(
            "/", "alone", true, false, Fields.Of(("x-queue-type", "quorum"), ("x-quorum-initial-group-size", 1))));
        QueueDefinition alone = _cluster[1].Broker!.AllQueues().Single(queue => queue.Name == "alone");
        _cluster.Until(
            () => _cluster[2].Broker!.QueueLinks!.LeaderBook.MembersOf(alone.Id.Value) is not null, what: "its leader");
        SimulatedNode other = _cluster[4];
        other.Crash();
        var entry = new QueueMembersEntry
        {
            Vhost = "/",
            Name = "alone",
            Queue = alone.Id.Value,
            Members = [alone.Members[0], other.Id],
            WishedSize = 2,
        };
        _cluster.Done(AdministrativeChange.RunAsync(_cluster[1].Broker!, store => store.Commit(entry)));
        _cluster.Steps(100);
        Assert.Equal("alone", Assert.Single(Copies()).Name);
        other.Start();
        _cluster.Until(() => Copies().IsEmpty, what: "a second copy");
        Assert.Contains(
            "alone", _cluster[2].Broker!.Cluster.QueuesWithMemberOn(other.Id).Select(queue => queue.Name));

        ImmutableArray<QueueDefinition> Copies() =>
            _cluster[2].Broker!.Cluster.DurableQueuesOf(alone.Members[0]);
    }

    /// <summary>It does not come back, and would be counted in every majority.</summary>
    [Fact]
    public void A_node_that_is_taken_out_is_not_kept_until_another_has_come()
    {
        UntilTold(Queue.Members, _cluster.Nodes);
        SimulatedNode spare = _cluster.Nodes.Single(node => !Queue.Members.Contains(node.Id));
        spare.Crash();
        _cluster.Until(() => _cluster.Leader is not null, what: "a leader");
        SimulatedNode leader = _cluster.Leader!;
        SimulatedNode gone = _cluster.Nodes.Last(node => node != leader && node != spare);
        NodeId[] rest = [.. Queue.Members.Where(node => node != gone.Id)];
        _cluster.Done(leader.Broker!.Cluster.WithdrawAsync(gone.Id));
        UntilTold(rest, [leader]);
        Assert.Contains(spare.Id, Queue.Members);
        spare.Start();
        UntilTold([.. rest, spare.Id], [leader]);
    }

    /// <summary>Of two members each is needed, until the group goes on without the one that leaves.</summary>
    [Fact]
    public void A_group_goes_on_without_a_node_that_leaves_before_that_is_gone()
    {
        UntilTold(Queue.Members, _cluster.Nodes);
        NodeId[] two = [.. Queue.Members.Take(2)];
        Wish(two);
        UntilTold(two, _cluster.Nodes);
        SimulatedNode leaves = Node(two[1]);
        SimulatedNode leader = _cluster.Leader!;
        _cluster.Done(leader.Broker!.Cluster.WithdrawAsync(leaves.Id));
        _cluster.Until(() => leader.Broker!.Cluster.QueuesWithMemberOn(leaves.Id).IsEmpty, what: "that it is free");
        leaves.Crash();
        NodeId[] rest = [.. Queue.Members];
        Assert.DoesNotContain(leaves.Id, rest);
        UntilTold(rest, _cluster.Nodes.Where(node => node != leaves));
    }

    /// <summary>Whoever takes it out then would leave the group without a majority.</summary>
    [Fact]
    public void A_node_that_a_group_is_about_to_count_on_is_not_free()
    {
        UntilTold(Queue.Members, _cluster.Nodes);
        SimulatedNode leads = _cluster.Nodes.Single(node => MembersOf(node).Any(member => member.Standing is not null));
        SimulatedNode falls = _cluster.Nodes.Last(node => Queue.Members.Contains(node.Id) && node != leads);
        SimulatedNode asked = _cluster.Nodes.Single(node => !Queue.Members.Contains(node.Id));
        Wish([leads.Id, falls.Id]);
        _cluster.Until(() => MemberOn(leads).Consensus!.Members.Voters == 2, what: "the change");
        Assert.Equal(3, Told(asked)!.Members.Length);
        falls.Crash();
        _cluster.Until(() => !leads.Broker!.QueueLinks!.IsUp(falls.Id), what: "that it is missed");
        // By what was told the group has another two.
        Assert.Empty(asked.Broker!.Cluster.QueuesThatNeed(falls.Id, helps: false));
        _cluster.Done(asked.Broker!.Cluster.WithdrawAsync(falls.Id));
        _cluster.Steps(2000);
        Assert.Equal("q", Assert.Single(asked.Broker!.Cluster.QueuesWithMemberOn(falls.Id)).Name);
        falls.Start();
        // Whoever of the two leads then.
        _cluster.Until(() => Told(asked)!.Members.Length < 3, what: "its return");
    }

    private QueueDefinition Queue =>
        _cluster.Nodes.First(node => node.IsUp).Broker!.AllQueues().Single(queue => queue.Name == "q");

    private void UntilTold(IEnumerable<NodeId> members, IEnumerable<SimulatedNode> nodes)
    {
        NodeId[] expected = [.. members.Order()];
        SimulatedNode[] told = [.. nodes];
        _cluster.Until(
            () => told.All(node => Told(node) is { } standing && standing.Members.All(member => member.IsVoter)
                && standing.Members.Select(member => member.Id).SequenceEqual(expected)),
            what: "what leaders say");
    }

    private ReplicaStanding? Told(SimulatedNode node) => node.Broker!.QueueLinks!.LeaderBook.MembersOf(Queue.Id.Value);

    private void Wish(NodeId[] members)
    {
        var entry = new QueueMembersEntry
        {
            Vhost = "/",
            Name = "q",
            Queue = Queue.Id.Value,
            Members = [.. members],
            WishedSize = members.Length,
        };
        SimulatedNode by = Node(members[0]);
        _cluster.Done(AdministrativeChange.RunAsync(by.Broker!, store => store.Commit(entry)));
    }

    private static IEnumerable<ReplicatedQueue> MembersOf(SimulatedNode node) =>
        node.IsUp ? ((QueueReplication)node.Broker!.Replication!).Members : [];

    private static ReplicatedQueue MemberOn(SimulatedNode node) => MembersOf(node).Single();

    private SimulatedNode Node(NodeId id) => _cluster.Nodes.Single(node => node.Id == id);
}
