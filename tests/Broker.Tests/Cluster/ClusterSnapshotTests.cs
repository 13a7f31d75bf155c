using Warren.Amqp;
using Warren.Broker.Definitions;
using Warren.Broker.Definitions.Entries;
using Warren.Broker.Security;
using Xunit;

namespace Warren.Broker.Tests.Cluster;

/// <summary>A node gets what it has proposed itself with a leader's snapshot, and not as entries.</summary>
public sealed class ClusterSnapshotTests
{
    private readonly SimulatedCluster _cluster = new(3, graceMs: 60_000, mostTurns: 100);
    private readonly SimulatedNode _leader;
    private readonly SimulatedNode _behind;

    public ClusterSnapshotTests()
    {
        _cluster.StartAll();
        _cluster.UntilServing();
        _leader = _cluster.Leader!;
        _behind = _cluster.Nodes.First(node => node != _leader);
    }

    [Fact]
    public void Whoever_has_made_something_is_told_so_and_not_that_it_is_there_already()
    {
        Task added = _behind.Broker!.Administration.Users.AddAsync("new", "p");
        ComesWithSnapshot();
        _cluster.Done(added);
        Assert.True(added.IsCompletedSuccessfully, $"{added.Exception?.InnerException}");
        Assert.All(_cluster.Nodes, node => Assert.True(node.Broker!.Security.TryGetUser("new", out User? _)));
    }

    [Fact]
    public void Whoever_has_removed_something_is_told_so_and_not_that_it_is_missing()
    {
        _cluster.Done(_behind.Broker!.Administration.Users.AddAsync("old", "p"));
        Task deleted = _behind.Broker!.Administration.Users.DeleteAsync("old");
        ComesWithSnapshot();
        _cluster.Done(deleted);
        Assert.True(deleted.IsCompletedSuccessfully, $"{deleted.Exception?.InnerException}");
    }

    [Fact]
    public void An_exclusive_queue_whose_owner_has_gone_meanwhile_goes_too()
    {
        _behind.Store.Post(new Commit(new QueueEntry
        {
            Vhost = "/",
            Name = "mine",
            OwnerConnectionId = 12345,
            HomeNode = _behind.Id,
            DeclaredArguments = FieldTable.Empty,
        }));
        ComesWithSnapshot();
        _cluster.Until(() => _behind.Store.LastIndex >= _leader.Store.LastIndex, what: "what was missed");
        _cluster.Until(() => _cluster.Nodes.All(node => !node.Has("mine")), what: "the end of the queue");
    }

    // The leader has the proposal, and the node sees nothing of it before the log begins behind it.
    private void ComesWithSnapshot()
    {
        long before = _leader.Store.Group.LastIndex.Value;
        _cluster.Until(() => _leader.Store.Group.LastIndex.Value > before, what: "the proposal");
        _cluster.SetCut(_behind, isCut: true);
        for (int each = 0; each < 600; each++)
            _leader.Broker!.Operations.DeclareAsync("/", $"q{each}", true, false, FieldTable.Empty);
        _cluster.Until(
            () => _leader.Store.Group.CompactedIndex.Value > before + 1, mostSteps: 900, what: "compaction");
        Assert.True(_behind.Store.LastIndex <= before, "the node has seen its own entry");
        _cluster.SetCut(_behind, isCut: false);
    }

    private sealed class Commit(DefinitionsEntry entry) : DefinitionsChange
    {
        internal override void Apply(DefinitionsStore store) => store.Commit(entry);
    }
}
