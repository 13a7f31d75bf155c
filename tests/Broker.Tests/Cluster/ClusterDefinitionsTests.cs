using Warren.Amqp;
using Warren.Broker.Administration;
using Warren.Broker.Definitions;
using Warren.Broker.Tests.Definitions;
using Warren.Cluster.Consensus;
using Xunit;

namespace Warren.Broker.Tests.Cluster;

/// <summary>One set of definitions on all nodes.</summary>
public sealed class ClusterDefinitionsTests
{
    [Fact]
    public void Founders_agree_and_all_serve_with_one_set_of_first_definitions()
    {
        SimulatedCluster cluster = new SimulatedCluster(3).StartAll();
        cluster.UntilServing();
        foreach (SimulatedNode node in cluster.Nodes)
        {
            Assert.True(node.Broker!.Security.MayConnect("guest", "/"));
            Assert.Equal(
                ["rabbit@host1", "rabbit@host2", "rabbit@host3"],
                node.Broker.Cluster.Status.Members.Select(member => member.Name));
        }
    }

    [Fact]
    public void What_was_answered_on_one_node_is_on_all()
    {
        SimulatedCluster cluster = new SimulatedCluster(3).StartAll();
        cluster.UntilServing();
        for (int round = 0; round < 30; round++)
        {
            SimulatedNode node = cluster.Nodes[round % 3];
            string name = $"q{round}";
            Task declared = node.Broker!.Operations.DeclareAsync("/", name, round % 2 == 0, false, FieldTable.Empty);
            cluster.Done(declared);
            Assert.True(declared.IsCompletedSuccessfully, $"{declared.Exception}");
            Assert.All(cluster.Nodes, each => Assert.True(each.Has(name), $"{each} has no {name}"));
        }
    }

    [Fact]
    public void Two_who_make_the_same_at_once_agree_on_one()
    {
        SimulatedCluster cluster = new SimulatedCluster(3).StartAll();
        cluster.UntilServing();
        for (int round = 0; round < 10; round++)
        {
            Task[] made =
            [
                .. cluster.Nodes.Select(node => node.Broker!.Administration.Users.AddAsync($"u{round}", "p")),
            ];
            cluster.Until(() => made.All(one => one.IsCompleted));
            Assert.Single(made, one => one.IsCompletedSuccessfully);
            Assert.All(made.Where(one => one.IsFaulted), one => Assert.Equal(
                AdministrationFailure.AlreadyExists,
                ((AdministrationException)one.Exception!.InnerException!).Failure));
        }
    }

    [Fact]
    public void A_node_without_a_majority_says_so_in_time_and_never_that_it_was_done()
    {
        SimulatedCluster cluster = new SimulatedCluster(3).StartAll();
        cluster.UntilServing();
        cluster.Network.Cut(cluster[1].Id, cluster[2].Id);
        cluster.Network.Cut(cluster[1].Id, cluster[3].Id);
        Task cut = cluster[1].Broker!.Administration.Vhosts.AddAsync("cut");
        Task whole = cluster[2].Broker!.Administration.Vhosts.AddAsync("whole");
        cluster.Done(whole);
        Assert.True(whole.IsCompletedSuccessfully, $"{whole.Exception}");
        cluster.Done(cut, mostSteps: 1500);
        AdministrationException refusal = Assert.IsType<AdministrationException>(cut.Exception?.InnerException);
        Assert.Equal(AdministrationFailure.NotNow, refusal.Failure);
        Assert.Equal(
            "definitions cannot be changed now: this node reaches 1 of 3 nodes that vote, and definitions need 2",
            refusal.Message);
    }

    [Fact]
    public void A_learner_gets_all_there_is_and_serves_and_votes()
    {
        var cluster = new SimulatedCluster(1, joiners: 2);
        cluster[1].Start();
        Assert.True(cluster[1].IsServing);
        for (int each = 0; each < 600; each++)
            cluster[1].Broker!.Operations.DeclareAsync("/", $"q{each % 50}x{each}", true, false, FieldTable.Empty);
        cluster.Steps(50);
        foreach (int number in new[] { 2, 3 })
        {
            cluster[number].Start();
            cluster.Steps(20);
            Assert.False(cluster[number].IsServing);
            AssertChanged(cluster, MembershipChangeKind.AddLearner, number);
            cluster.UntilServing(1, number);
            AssertChanged(cluster, MembershipChangeKind.Promote, number);
            Assert.All(Enumerable.Range(0, 600), each => Assert.True(cluster[number].Has($"q{each % 50}x{each}")));
        }
        cluster[1].Crash();
        cluster.Until(() => cluster.Leader is { } leader && leader != cluster[1]);
        Task made = cluster[3].Broker!.Administration.Vhosts.AddAsync("v");
        cluster.Done(made);
        Assert.True(made.IsCompletedSuccessfully, $"{made.Exception}");
    }

    private static void AssertChanged(
        SimulatedCluster cluster, MembershipChangeKind kind, int number)
    {
        var done = new TaskCompletionSource<ChangeOutcome>();
        SimulatedNode leader = cluster.Leader!;
        leader.Store.Post(new TurnEvent(() => leader.Store.Leader!.ChangeMembers(
            new MembershipChange(kind, Samples.Node(number)), done)));
        cluster.Done(done.Task);
        Assert.Equal(ChangeOutcome.Proposed, done.Task.Result);
    }
}
