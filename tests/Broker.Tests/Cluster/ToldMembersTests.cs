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
