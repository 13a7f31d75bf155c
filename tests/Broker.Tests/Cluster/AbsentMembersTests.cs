using System.Collections.Immutable;
using Warren.Amqp;
using Warren.Broker.Queues;
using Warren.Broker.Queues.Replicated;
using Warren.Broker.Tests.Policies;
using Warren.Cluster;
using Xunit;

namespace Warren.Broker.Tests.Cluster;

/// <summary>What becomes of members on nodes that have been away for very long.</summary>
public sealed class AbsentMembersTests
{
    private const int AfterMs = 20_000;

    private static readonly BrokerOptions Soon = new()
    {
        AbsentMembersReplacedAfterMs = AfterMs,
        MembersLookIntervalMs = 1000,
        BalancesLeaders = false,
    };

    private SimulatedCluster _cluster = null!;

    private IEnumerable<SimulatedNode> Up => _cluster.Nodes.Where(static node => node.IsUp);

    [Fact]
    public void Another_node_takes_the_place_and_who_comes_back_has_nothing_of_it()
    {
        Start(4);
        QueueDefinition queue = Declare();
        SimulatedNode gone = MemberThatDoesNotLead(queue);
        gone.Crash();
        long crashedAt = _cluster.Network.Now;
        int least = 3;
        _cluster.Until(
            () =>
            {
                if (Standing(queue) is { } standing)
                    least = Math.Min(least, standing.Voters.Count());
                return Standing(queue) is { } now && !now.Has(gone.Id);
            },
            mostSteps: 12_000, "that it is replaced");
        Assert.InRange(_cluster.Network.Now - crashedAt, AfterMs / 5, (AfterMs + 10_000) / 5);
        // Added first, removed then.
        Assert.Equal(3, least);
        Assert.Equal(3, Standing(queue)!.Voters.Count());
        Assert.Contains(
            _cluster.Nodes.SelectMany(static node => node.Lines),
            line => line == $"Members of 1 queues are replaced, on nodes that have been away for longer than 00:00:20: "
                + gone.Name);
        gone.Start();
        _cluster.UntilServing();
        _cluster.Until(
            () => gone.Lines.Exists(static line => line.Contains("no member of it any more", StringComparison.Ordinal)),
            what: "that it is told");
        _cluster.Steps(1000);
        Assert.DoesNotContain(gone.Id, Find(queue).Members);
    }

    [Fact]
    public void Who_comes_back_in_time_stays_and_where_there_is_no_other_node_nothing_changes()
    {
        Start(4);
        QueueDefinition queue = Declare();
        SimulatedNode gone = MemberThatDoesNotLead(queue);
        ImmutableArray<NodeId> members = Find(queue).Members;
        gone.Crash();
        _cluster.Steps(AfterMs / 5 * 3 / 4);
        gone.Start();
        _cluster.UntilServing();
        // It counts anew: what it was away before is no matter.
        gone.Crash();
        _cluster.Steps(AfterMs / 5 / 2);
        gone.Start();
        _cluster.UntilServing();
        _cluster.Nodes.First(node => !members.Contains(node.Id)).Crash();
        gone.Crash();
        _cluster.Steps((AfterMs + 10_000) / 5);
        Assert.Equal(members, Find(queue).Members);
    }

    /// <summary>Each node counts by itself, so that the next leader knows.</summary>
    [Fact]
    public void Another_leader_of_the_definitions_goes_on_counting()
    {
        Start(4);
        QueueDefinition queue = Declare();
        SimulatedNode gone = MemberThatDoesNotLead(queue);
        gone.Crash();
        long crashedAt = _cluster.Network.Now;
        _cluster.Steps(AfterMs / 5 * 3 / 4);
        SimulatedNode before = _cluster.Leader!;
        SimulatedNode next = Up.First(node => node != before);
        _cluster.Done(before.Broker!.Cluster.TransferLeadershipAsync(next.Id));
        _cluster.Until(() => !Find(queue).Members.Contains(gone.Id), what: "that it is replaced");
        Assert.Equal(next, _cluster.Leader);
        Assert.InRange(_cluster.Network.Now - crashedAt, AfterMs / 5, (AfterMs + 4000) / 5);
    }

    [Fact]
    public void Nothing_is_replaced_while_another_member_is_away_too()
    {
        Start(5);
        QueueDefinition queue = Declare(("x-quorum-initial-group-size", 3));
        ImmutableArray<NodeId> members = Find(queue).Members;
        SimulatedNode[] gone =
        [
            .. _cluster.Nodes.Where(node => members.Contains(node.Id))
                .OrderBy(node => node == _cluster.Leader).Take(2),
        ];
        gone[0].Crash();
        _cluster.Steps(AfterMs / 5 / 2);
        gone[1].Crash();
        _cluster.Steps((AfterMs + 10_000) / 5);
        Assert.Equal(members, Find(queue).Members);
        gone[1].Start();
        _cluster.Until(() => !Find(queue).Members.Contains(gone[0].Id), what: "that the other one is replaced");
        Assert.Contains(gone[1].Id, Find(queue).Members);
    }

    [Fact]
    public void A_mirrored_queue_gets_another_member_where_its_policy_lets_it()
    {
        Start(4);
        Rule("some", ("ha-mode", "exactly"), ("ha-params", 3));
        Rule("all", ("ha-mode", "all"));
        QueueDefinition some = Declare("some", ("x-queue-type", "classic"));
        QueueDefinition all = Declare("all", ("x-queue-type", "classic"));
        SimulatedNode gone = MemberThatDoesNotLead(some);
        gone.Crash();
        _cluster.Until(() => !Find(some).Members.Contains(gone.Id), mostSteps: 12_000, "that it is replaced");
        _cluster.Steps(2000);
        Assert.Equal(3, Find(some).Members.Length);
        Assert.DoesNotContain(gone.Id, Find(some).Members);
        Assert.Contains(gone.Id, Find(all).Members);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void It_can_be_switched_off(bool byRabbitsKey)
    {
        Start(4, byRabbitsKey
            ? Soon with { AddsQuorumMembers = false }
            : Soon with { AbsentMembersReplacedAfterMs = null });
        QueueDefinition queue = Declare();
        SimulatedNode gone = MemberThatDoesNotLead(queue);
        gone.Crash();
        _cluster.Steps((AfterMs + 10_000) / 5);
        Assert.Contains(gone.Id, Find(queue).Members);
    }

    [Fact]
    public void Queues_without_a_target_grow_to_the_configured_one()
    {
        Start(4, Soon with { QuorumTargetGroupSize = 4 });
        QueueDefinition queue = Declare();
        QueueDefinition asked = Declare("asked", ("x-queue-type", "quorum"), ("x-quorum-target-group-size", 3));
        _cluster.Until(() => Find(queue).Members.Length == 4, what: "four members");
        _cluster.Steps(1000);
        Assert.Equal(3, Find(asked).Members.Length);
    }

    private void Start(int nodes, BrokerOptions? options = null)
    {
        _cluster = new SimulatedCluster(nodes, mostTurns: 24, options: options ?? Soon);
        _cluster.StartAll();
        _cluster.UntilServing();
    }

    private QueueDefinition Declare(params (string, object?)[] arguments) =>
        Declare("q", [("x-queue-type", "quorum"), .. arguments]);

    private QueueDefinition Declare(string name, params (string, object?)[] arguments)
    {
        _cluster.Done(_cluster.Leader!.Broker!.Operations.DeclareAsync("/", name, true, false, Fields.Of(arguments)));
        QueueDefinition queue = _cluster.Leader!.Broker!.AllQueues().Single(one => one.Name == name);
        _cluster.Until(() => Standing(queue) is not null, what: "its leader");
        return queue;
    }

    private void Rule(string queue, params (string, object?)[] definition) => _cluster.Done(
        _cluster.Leader!.Broker!.Administration.Policies.SetAsync("/", queue, $"^{queue}$", Fields.Of(definition)));

    private SimulatedNode MemberThatDoesNotLead(QueueDefinition queue) => _cluster.Nodes.First(node =>
        node != _cluster.Leader && Find(queue).Members.Contains(node.Id)
        && node.Broker!.QueueLinks!.FindLeader(queue.Id.Value) is null);

    private ReplicaStanding? Standing(QueueDefinition queue) =>
        Up.First().Broker!.QueueLinks!.LeaderBook.MembersOf(queue.Id.Value);

    private QueueDefinition Find(QueueDefinition queue) =>
        Up.First().Broker!.AllQueues().Single(one => one.Id == queue.Id);
}
