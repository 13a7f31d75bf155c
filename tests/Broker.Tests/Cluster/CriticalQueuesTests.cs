using System.Collections.Immutable;
using Warren.Amqp;
using Warren.Broker.Operations;
using Warren.Broker.Queues;
using Warren.Broker.Queues.Replicated;
using Warren.Broker.Tests.Policies;
using Warren.Cluster.Consensus;
using Xunit;

namespace Warren.Broker.Tests.Cluster;

/// <summary>Which queues a stop of a node would take out of reach, as each node says.</summary>
public sealed class CriticalQueuesTests
{
    private readonly SimulatedCluster _cluster = new(3, graceMs: 60_000, mostTurns: 100);

    public CriticalQueuesTests() => _cluster.StartAll().UntilServing();

    /// <summary>Its link is up, and it has nothing.</summary>
    [Theory]
    [InlineData("quorum")]
    [InlineData("classic")]
    public async Task A_member_that_is_brought_a_fresh_copy_makes_no_stop_of_another_safe(string type)
    {
        MessageBroker broker = _cluster[1].Broker!;
        await _cluster.Done(broker.Administration.Policies.SetAsync("/", "ha", "", Fields.Of(("ha-mode", "all"))));
        await _cluster.Done(broker.Operations.DeclareAsync("/", "q", true, false, Fields.Of(("x-queue-type", type))));
        await UntilAsync(_cluster[1], critical: false, what: "members in step");
        SimulatedNode unsound = _cluster.Nodes.Last(node => !MemberOn(node).IsServing);
        // What its leader sends of groups does not come: it stays as it is.
        unsound.Transport!.IsBehind = true;
        MemberOn(unsound).Post(QueueCommand.Ask(static group => group!.BecomeUnsound("a test")));
        foreach (SimulatedNode other in _cluster.Nodes.Where(node => node != unsound))
        {
            await UntilAsync(other, critical: true, what: $"a warning of {other.Name}");
            Assert.Equal(Soundness.NeedsSnapshot, MemberOn(unsound).Consensus!.Soundness);
        }
        unsound.Transport.IsBehind = false;
        foreach (SimulatedNode node in _cluster.Nodes)
            await UntilAsync(node, critical: false, what: $"the end of it on {node.Name}");
        Assert.Equal(Soundness.Sound, MemberOn(unsound).Consensus!.Soundness);
    }

    /// <summary>Right after a handover the leader does not know yet how the others stand.</summary>
    [Fact]
    public async Task Who_has_just_handed_over_is_told_what_the_new_leader_finds_out()
    {
        MessageBroker broker = _cluster[1].Broker!;
        await _cluster.Done(
            broker.Operations.DeclareAsync("/", "q", true, false, Fields.Of(("x-queue-type", "quorum"))));
        await UntilAsync(_cluster[1], critical: false, what: "members in step");
        SimulatedNode leader = _cluster.Nodes.Single(node => MemberOn(node).IsServing);
        await _cluster.Done(leader.Broker!.HandOverAsync(TimeSpan.FromSeconds(2)));
        Assert.Empty(await FindAsync(leader, TimeSpan.FromSeconds(3)));
    }

    private async Task UntilAsync(SimulatedNode node, bool critical, string what)
    {
        for (int attempt = 0; (await FindAsync(node, TimeSpan.Zero)).IsEmpty == critical; attempt++)
        {
            Assert.True(attempt < 40, $"{what} does not come");
            _cluster.Steps(20);
        }
    }

    private async Task<ImmutableArray<QueueDefinition>> FindAsync(SimulatedNode node, TimeSpan patience)
    {
        Task<ImmutableArray<QueueDefinition>> asked = new CriticalQueues(node.Broker!).FindAsync(
            static queue => queue.IsReplicated, patience);
        // Answers come on other threads.
        while (!asked.IsCompleted)
        {
            _cluster.Step();
            await Task.Yield();
        }
        return await asked;
    }

    private static ReplicatedQueue MemberOn(SimulatedNode node) =>
        ((QueueReplication)node.Broker!.Replication!).Members.Single();
}
