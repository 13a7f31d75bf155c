using System.Collections.Immutable;
using Warren.Amqp;
using Warren.Broker.Administration;
using Warren.Broker.Definitions;
using Warren.Broker.Definitions.Entries;
using Warren.Broker.Queues;
using Warren.Broker.Queues.Replicated;
using Warren.Broker.Tests.Definitions;
using Warren.Broker.Tests.Policies;
using Warren.Cluster;
using Warren.Cluster.Consensus;
using Warren.Storage;
using Xunit;

namespace Warren.Broker.Tests.Cluster;

/// <summary>What becomes of the members that queues are to have when nodes go and come.</summary>
public sealed class QueueRepairsTests
{
    private readonly SimulatedCluster _cluster = new(5, graceMs: 60_000, mostTurns: 100, onlyTells: true);

    private long _told;

    public QueueRepairsTests()
    {
        _cluster.StartAll();
        _cluster.UntilServing();
    }

    [Fact]
    public void Another_node_takes_the_place_of_one_that_is_taken_out()
    {
        for (int each = 0; each < 6; each++)
            Declare($"q{each}");
        SimulatedNode gone = _cluster.Nodes.First(node => node != _cluster.Leader);
        var before = Queues().ToDictionary(queue => queue.Name);
        gone.Crash();
        Withdraw(gone.Id);
        UntilRepaired(gone.Id, size: 3);
        foreach (QueueDefinition queue in Queues())
        {
            ImmutableArray<NodeId> members = before[queue.Name].Members;
            Assert.Equal(members.Where(node => node != gone.Id), queue.Members.Take(members.Contains(gone.Id) ? 2 : 3));
        }
        // Evenly: 18 members on 4 nodes.
        Assert.All(
            _cluster.Nodes.Where(node => node != gone),
            node => Assert.InRange(Queues().Count(queue => queue.Members.Contains(node.Id)), 4, 5));
        Assert.Contains(before.Values, queue => queue.Members.Contains(gone.Id));
    }

    /// <summary>It is not by what has happened that the leader goes, but by what there is.</summary>
    [Fact]
    public void The_next_leader_goes_on_where_one_has_ended()
    {
        for (int each = 0; each < 300; each++)
            Declare($"q{each}", wait: false);
        _cluster.Until(() => Queues().Length == 300, what: "queues");
        SimulatedNode leader = _cluster.Leader!;
        SimulatedNode gone = _cluster.Nodes.First(node => node != leader);
        int wanting = Queues().Count(queue => queue.Members.Contains(gone.Id));
        gone.Crash();
        leader.Broker!.Cluster.WithdrawAsync(gone.Id);
        SimulatedNode[] rest = [.. _cluster.Nodes.Where(node => node != gone && node != leader)];
        _cluster.Until(
            () => rest.Any(node => !node.Broker!.Nodes.Members.ContainsKey(gone.Id)), what: "that it is taken out");
        leader.Crash();
        int left = Queues().Count(queue => queue.Members.Contains(gone.Id));
        Assert.InRange(left, 1, wanting);
        // Sooner than all are looked at again.
        UntilRepaired(gone.Id, size: 3, mostSteps: 2000);
    }

    [Fact]
    public void Who_has_too_few_members_gets_the_next_node_that_comes()
    {
        Declare("five", ("x-quorum-initial-group-size", 5));
        Declare("less", ("x-quorum-initial-group-size", 5));
        SimulatedNode[] gone = [.. _cluster.Nodes.Where(node => node != _cluster.Leader).Take(1)];
        Withdraw(gone[0].Id);
        UntilRepaired(gone[0].Id, size: 4);
        Wish("less", Find("less").Members[..3]);
        Assert.True(NodeName.TryParse(gone[0].Name, out NodeName name));
        _cluster.Done(Up.Broker!.Cluster.AnnounceAsync(gone[0].Id, name, "10.0.0.9"));
        _cluster.Until(() => Find("five").Members.Length == 5, what: "a fifth member");
        // As many as somebody said last.
        _cluster.Steps(100);
        Assert.Equal(3, Find("less").Members.Length);
    }

    [Fact]
    public void What_an_operator_says_meanwhile_is_not_overwritten()
    {
        for (int each = 0; each < 40; each++)
            Declare($"q{each}");
        SimulatedNode leader = _cluster.Leader!;
        SimulatedNode gone = _cluster.Nodes.First(node => node != leader);
        SimulatedNode by = _cluster.Nodes.First(node => node != leader && node != gone);
        NodeId[] wished = [leader.Id, by.Id];
        leader.Broker!.Cluster.WithdrawAsync(gone.Id);
        foreach (QueueDefinition queue in by.Broker!.AllQueues().ToList())
        {
            var entry = new QueueMembersEntry
            {
                Vhost = "/",
                Name = queue.Name,
                Queue = queue.Id.Value,
                Members = [.. wished],
                WishedSize = 2,
            };
            AdministrativeChange.RunAsync(by.Broker!, store => store.Commit(entry));
            _cluster.Step();
        }
        _cluster.Steps(200);
        Assert.All(Queues(), queue => Assert.Equal(wished, queue.Members));
    }

    [Fact]
    public void A_queue_grows_to_its_target()
    {
        Declare("plain", ("x-quorum-initial-group-size", 1));
        Declare("asked", ("x-quorum-initial-group-size", 1), ("x-quorum-target-group-size", 4));
        _cluster.Until(() => Find("asked").Members.Length == 4, what: "four members");
        Declare("ruled", ("x-quorum-initial-group-size", 1));
        Declare("less", ("x-quorum-initial-group-size", 1), ("x-quorum-target-group-size", 5));
        Task set = Up.Broker!.Administration.Policies.SetAsync(
            "/", "p", "^(ruled|less)$", Fields.Of(("target-group-size", 2)));
        _cluster.Done(set);
        Assert.True(set.IsCompletedSuccessfully, $"{set.Exception}");
        _cluster.Until(
            () => Find("ruled").Members.Length == 2 && Find("less").Members.Length == 2, what: "two members each");
        Assert.Single(Find("plain").Members);
    }

    /// <summary>A policy that is set, changed or cleared is followed at once, and members stay that may.</summary>
    [Fact]
    public void A_mirrored_queue_follows_its_policy()
    {
        Rule("q", Fields.Of(("ha-mode", "exactly"), ("ha-params", 3)));
        _cluster.Done(Up.Broker!.Operations.DeclareAsync("/", "q", true, false, new FieldTable()));
        ImmutableArray<NodeId> three = Find("q").Members;
        Assert.Equal(3, three.Length);
        Follows(Fields.Of(("ha-mode", "all")), members => members.Length == 5 && members[..3].SequenceEqual(three));
        // Of too many those stay that are up, in their order.
        SimulatedNode down =
            _cluster.Nodes.First(node => three[1..].Contains(node.Id) && node != _cluster.Leader);
        down.Crash();
        _cluster.Until(() => !Up.Broker!.Nodes.Sessions.ContainsKey(down.Id), 40_000, "that it is away");
        Follows(
            Fields.Of(("ha-mode", "exactly"), ("ha-params", 4)),
            members => members.Length == 4 && !members.Contains(down.Id) && members[0] == three[0]);
        down.Start();
        SimulatedNode[] others = [.. _cluster.Nodes.Where(node => node.Id != three[0]).Take(2)];
        object?[] named = [.. others.Select(static node => node.Name)];
        Follows(
            Fields.Of(("ha-mode", "nodes"), ("ha-params", named)),
            members => members.Order().SequenceEqual(others.Select(static node => node.Id).Order()));
        NodeId first = Find("q").Members[0];
        TellVoters(Find("q").Members);
        _cluster.Done(Up.Broker!.Administration.Policies.ClearAsync("/", "q"));
        _cluster.Until(() => Find("q").Members is [var only] && only == first, 200, "a single member");

        void Follows(FieldTable policy, Func<ImmutableArray<NodeId>, bool> isIt)
        {
            TellVoters(Find("q").Members);
            Rule("q", policy);
            _cluster.Until(() => isIt(Find("q").Members), 200, "the members of a policy");
        }
    }

    /// <summary>Else the only one that has it could be taken out of the cluster, and be missed by nobody.</summary>
    [Fact]
    public void A_member_that_has_all_of_it_is_to_stay_until_another_has()
    {
        Rule("q", Fields.Of(("ha-mode", "exactly"), ("ha-params", 1)));
        _cluster.Done(Up.Broker!.Operations.DeclareAsync("/", "q", true, false, new FieldTable()));
        NodeId holder = Assert.Single(Find("q").Members);
        SimulatedNode other = _cluster.Nodes.First(node => node.Id != holder);
        // Nobody has said who has it.
        Rule("q", Fields.Of(("ha-mode", "nodes"), ("ha-params", new object?[] { other.Name })));
        _cluster.Until(() => Find("q").Members.Length == 2, 200, "the other one as well");
        TellVoters([holder]);
        // Long enough for the leader of the definitions to look again.
        _cluster.Steps(8000);
        Assert.Equal([other.Id, holder], Find("q").Members.OrderBy(node => node == holder));
        TellVoters([holder, other.Id]);
        _cluster.Until(() => Find("q").Members is [var only] && only == other.Id, what: "the other one alone");
    }

    /// <summary>Its group would still count on the node, and never elect anybody again.</summary>
    [Fact]
    public void A_node_is_needed_by_queues_that_have_no_majority_without_it()
    {
        Declare("q");
        NodeId[] members = [.. Find("q").Members];
        SimulatedNode[] gone = [.. _cluster.Nodes.Where(node => members.Contains(node.Id)).Take(2)];
        SimulatedNode third = _cluster.Nodes.Single(node => members.Contains(node.Id) && !gone.Contains(node));
        // Nobody has said who they are.
        Assert.True(Needs(gone[0], helps: true));
        TellVoters(members);
        Assert.False(Needs(gone[0], helps: false));
        gone[1].Crash();
        _cluster.Until(() => !Sees(gone[1]), what: "that it is away");
        Assert.True(Needs(gone[0], helps: false));
        // One that leaves in order helps, but what is left must be a majority, too.
        Assert.True(Needs(gone[0], helps: true));
        Assert.False(Needs(gone[1], helps: false));
        TellVoters([gone[0].Id, third.Id]);
        Assert.True(Needs(gone[0], helps: false));
        Assert.False(Needs(gone[0], helps: true));
        Assert.False(Needs(gone[1], helps: false));

        bool Sees(SimulatedNode node) => third.Broker!.QueueLinks!.IsUp(node.Id);
        bool Needs(SimulatedNode node, bool helps) =>
            third.Broker!.Cluster.QueuesThatNeed(node.Id, helps).Any(queue => queue.Name == "q");
    }

    private void TellVoters(IEnumerable<NodeId> voters)
    {
        var told = new ReplicaStanding(
            new Term(1), new LogIndex(++_told), new Term(1),
            [.. voters.Select(static node => new Member(node, IsVoter: true))]);
        foreach (SimulatedNode node in _cluster.Nodes.Where(node => node.IsUp))
            node.Broker!.QueueLinks!.LeaderBook.NoteMembers(Find("q").Id.Value, told);
    }

    /// <summary>What an ha-* policy names is on these nodes, and on no others.</summary>
    [Fact]
    public void A_mirrored_queue_has_members_where_its_policy_says()
    {
        string[] names = [.. _cluster.Nodes.Select(node => node.Name)];
        Rule("all", Fields.Of(("ha-mode", "all")));
        Rule("two", Fields.Of(("ha-mode", "nodes"), ("ha-params", new object?[] { names[0], names[1], names[2] })));
        foreach (string queue in (string[])["all", "two"])
        {
            _cluster.Done(Up.Broker!.Operations.DeclareAsync(
                "/", queue, true, false, Fields.Of(("x-queue-type", "classic"))));
        }
        SimulatedNode gone = _cluster.Nodes.Take(3).First(node => node != _cluster.Leader);
        Assert.Equal(5, Find("all").Members.Length);
        Assert.Equal(3, Find("two").Members.Length);
        Withdraw(gone.Id);
        _cluster.Until(
            () => Find("all").Members.Length == 4 && Find("two").Members.Length == 2, what: "those that are left");
        _cluster.Steps(100);
        Assert.Equal(2, Find("two").Members.Length);
        Assert.True(NodeName.TryParse(gone.Name, out NodeName name));
        _cluster.Done(Up.Broker!.Cluster.AnnounceAsync(gone.Id, name, "10.0.0.9"));
        _cluster.Until(
            () => Find("all").Members.Length == 5 && Find("two").Members.Contains(gone.Id), what: "all of them");
    }

    private void Rule(string queue, FieldTable definition)
    {
        Task set = Up.Broker!.Administration.Policies.SetAsync("/", queue, $"^{queue}$", definition);
        _cluster.Done(set);
        Assert.True(set.IsCompletedSuccessfully, $"{set.Exception}");
    }

    private SimulatedNode Up => _cluster.Nodes.First(node => node.IsUp);

    private void Declare(string queue, params (string Name, object Value)[] arguments)
    {
        Task declared = Up.Broker!.Operations.DeclareAsync(
            "/", queue, true, false, Fields.Of([("x-queue-type", "quorum"), .. arguments]));
        _cluster.Done(declared);
        Assert.True(declared.IsCompletedSuccessfully, $"{declared.Exception}");
    }

    private void Declare(string queue, bool wait) =>
        Assert.False(wait | Up.Broker!.Operations.DeclareAsync(
            "/", queue, true, false, Fields.Of(("x-queue-type", "quorum"))).IsFaulted);

    private void Withdraw(NodeId node)
    {
        Task<bool> withdrawn = _cluster.Leader!.Broker!.Cluster.WithdrawAsync(node);
        _cluster.Done(withdrawn);
        Assert.True(withdrawn.GetAwaiter().GetResult());
    }

    private void Wish(string queue, ImmutableArray<NodeId> members)
    {
        var entry = new QueueMembersEntry
        {
            Vhost = "/",
            Name = queue,
            Queue = Find(queue).Id.Value,
            Members = members,
            WishedSize = members.Length,
        };
        _cluster.Done(AdministrativeChange.RunAsync(Up.Broker!, store => store.Commit(entry)));
        Assert.Equal(members, Find(queue).Members);
    }

    private void UntilRepaired(NodeId gone, int size, int mostSteps = 8000) => _cluster.Until(
        () => _cluster.Nodes.Where(node => node.IsUp).All(
            node => node.Broker!.AllQueues().All(
                queue => queue.Members.Length == size && !queue.Members.Contains(gone))),
        mostSteps,
        what: $"{size} members of each queue");

    private QueueDefinition Find(string queue) => Queues().Single(one => one.Name == queue);

    private ImmutableArray<QueueDefinition> Queues() => Up.Broker!.AllQueues();
}
