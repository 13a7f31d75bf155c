using Warren.Broker.Definitions;
using Warren.Broker.Definitions.Entries;
using Warren.Broker.Queues;
using Warren.Broker.Topology;
using Warren.Storage.Disk;
using Xunit;

namespace Warren.Broker.Tests.Definitions;

/// <summary>What entries with members meet, and what becomes of them when members come and go.</summary>
public sealed class ReplicatedEntryTests : IDisposable
{
    private readonly DefinitionsNode _node = new(new FaultyDisk());
    private readonly DefinitionsDraft _draft;

    public ReplicatedEntryTests()
    {
        _node.Run();
        _draft = new DefinitionsDraft(_node.Broker, 5000);
    }

    [Fact]
    public void A_queue_is_made_only_if_all_its_members_are_in_the_cluster()
    {
        QueueEntry entry = Samples.ReplicatedQueue("q", "/", 1, 2);
        _draft.Add(Samples.Member(1));
        Assert.True(entry.Conflicts(_draft));
        _draft.Add(Samples.Member(2));
        Assert.False(entry.Conflicts(_draft));
        _draft.RemoveMember(Samples.Node(1), withQueues: true);
        Assert.True(entry.Conflicts(_draft));
    }

    [Fact]
    public void It_is_shown_on_the_first_of_its_members_that_is_in_the_cluster()
    {
        Add(3, [1, 2, 3]);
        Assert.Equal(Samples.Node(1), Queue().HomeNode);
        _draft.RemoveMember(Samples.Node(2), withQueues: true);
        Assert.Equal(Samples.Node(1), Queue().HomeNode);
        _draft.RemoveMember(Samples.Node(1), withQueues: true);
        Assert.Equal(Samples.Node(3), Queue().HomeNode);
        _draft.Add(Samples.Member(2));
        Assert.Equal(Samples.Node(2), Queue().HomeNode);
        Assert.Equal(3, Queue().Members.Length);
        Assert.Same(Queue(), Assert.Single(_draft.QueuesMade));
        Assert.Equal([KeyValuePair.Create(Samples.Node(2), 1)], Vhost.Spread.Homes);
        Assert.Equal([Samples.Node(1), Samples.Node(3)], Vhost.Spread.Followers.Keys.Order());
    }

    /// <summary>Nothing of a draft may be seen that is not published.</summary>
    [Fact]
    public void Its_home_goes_by_the_new_definition_when_that_is_published()
    {
        _node.Do(Samples.Member(1), Samples.Member(2));
        _node.Do(Samples.ReplicatedQueue("q", "/", 1, 2));
        QueueDefinition before = _node.Broker.AllQueues().Single();
        _node.Store.NewDraft().RemoveMember(Samples.Node(1), withQueues: true);
        Assert.Same(before, before.Home.Definition);
        _node.Do(new RemovalEntry(DefinitionKey.OfMember(Samples.Node(1))) { WithQueues = true });
        QueueDefinition after = _node.Broker.AllQueues().Single();
        Assert.Same(before.Home, after.Home);
        Assert.Same(after, after.Home.Definition);
        Assert.Equal(Samples.Node(2), after.HomeNode);
    }

    [Fact]
    public void It_goes_with_the_last_of_its_members()
    {
        Add(3, [1, 2]);
        _draft.RemoveMember(Samples.Node(1), withQueues: true);
        Assert.Empty(_draft.QueuesGone);
        _draft.RemoveMember(Samples.Node(3), withQueues: true);
        Assert.Empty(_draft.QueuesGone);
        _draft.RemoveMember(Samples.Node(2), withQueues: true);
        Assert.Equal("q", Assert.Single(_draft.QueuesGone).Name);
        Assert.Empty(Vhost.Queues);
        Assert.Empty(Vhost.Spread.Homes);
        Assert.Empty(Vhost.Spread.Followers);
    }

    [Fact]
    public void A_member_that_leaves_unused_may_have_what_others_have_too()
    {
        Add(2, [1, 2]);
        var leave = new RemovalEntry(DefinitionKey.OfMember(Samples.Node(1))) { IfUnused = true, WithQueues = true };
        Assert.False(leave.Conflicts(_draft));
        _draft.RemoveMember(Samples.Node(2), withQueues: true);
        Assert.True(leave.Conflicts(_draft));
    }

    [Fact]
    public void The_last_one_stored_here_is_one_that_this_node_is_a_member_of()
    {
        Assert.Equal(Samples.Node(1), _node.Store.Self);
        _draft.Apply(Samples.ReplicatedQueue("a", "/", 2, 1), 7001);
        _draft.Apply(Samples.ReplicatedQueue("b", "/", 2, 3), 7002);
        Assert.Equal(7001, _draft.LastStored);
    }

    [Fact]
    public void It_is_to_have_other_members()
    {
        Add(4, [1, 2, 3]);
        long id = Queue().Id.Value;
        _draft.Add(Samples.QueueMembers(id, 4, 2));
        Assert.Equal([Samples.Node(4), Samples.Node(2)], Queue().Members);
        Assert.Equal(3, Queue().Founders.Length);
        Assert.Equal(2, Queue().WishedSize);
        Assert.Equal(Samples.Node(4), Queue().HomeNode);
        Assert.Equal([KeyValuePair.Create(Samples.Node(4), 1)], Vhost.Spread.Homes);
        Assert.Equal([Samples.Node(2)], Vhost.Spread.Followers.Keys);
        Assert.Same(Queue(), Assert.Single(_draft.QueuesMade));
        Assert.True(Samples.QueueMembers(id, 4, 2).ChangesNothing(_draft));
        Assert.False(Samples.QueueMembers(id, 2, 4).ChangesNothing(_draft));
    }

    [Fact]
    public void Its_members_are_in_the_cluster_and_it_is_the_same_queue()
    {
        Add(2, [1, 2]);
        long id = Queue().Id.Value;
        Assert.False(Samples.QueueMembers(id, 2).Conflicts(_draft));
        Assert.True(Samples.QueueMembers(id, 2, 3).Conflicts(_draft));
        Assert.True(Samples.QueueMembers(id + 1, 2).Conflicts(_draft));
        Assert.True((Samples.QueueMembers(id, 2) with { Name = "other" }).Conflicts(_draft));
        _draft.Add(Samples.Queue("classic", "/"));
        long classic = Vhost.Queues.Single(queue => queue.Key == "classic").Value.Id.Value;
        Assert.True((Samples.QueueMembers(classic, 2) with { Name = "classic" }).Conflicts(_draft));
    }

    [Fact]
    public void Its_home_goes_by_the_new_members_when_they_are_published()
    {
        _node.Do(Samples.Member(1), Samples.Member(2), Samples.Member(3));
        _node.Do(Samples.ReplicatedQueue("q", "/", 1, 2));
        QueueDefinition before = _node.Broker.AllQueues().Single();
        _node.Store.NewDraft().Add(Samples.QueueMembers(before.Id.Value, 3, 2));
        Assert.Same(before, before.Home.Definition);
        _node.Do(Samples.QueueMembers(before.Id.Value, 3, 2));
        QueueDefinition after = _node.Broker.AllQueues().Single();
        Assert.Same(before.Home, after.Home);
        Assert.Same(after, after.Home.Definition);
    }

    public void Dispose() => _node.Dispose();

    private Vhost Vhost => _draft.VhostOf("/");

    private QueueDefinition Queue() => Vhost.Queues.Single().Value;

    private void Add(int nodes, int[] members)
    {
        for (int number = 1; number <= nodes; number++)
            _draft.Add(Samples.Member(number));
        _draft.Add(Samples.ReplicatedQueue("q", "/", members));
    }
}
