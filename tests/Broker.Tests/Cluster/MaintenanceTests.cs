using Warren.Broker.Queues;
using Warren.Broker.Tests.Policies;
using Warren.Cluster;
using Xunit;

namespace Warren.Broker.Tests.Cluster;

/// <summary>All nodes know which are under maintenance, and place nothing there.</summary>
public sealed class MaintenanceTests
{
    private readonly SimulatedCluster _cluster = new(4, mostTurns: 24);

    private int _queues;

    public MaintenanceTests()
    {
        _cluster.StartAll();
        _cluster.UntilServing();
    }

    [Fact]
    public void Queues_are_placed_on_other_nodes_until_it_ends()
    {
        SimulatedNode drained = _cluster[2];
        _cluster.Done(drained.Broker!.HandOverAsync(TimeSpan.FromSeconds(5)));
        _cluster.Until(() => Knowing(drained) == 4, 1000, "that all know");
        for (int times = 0; times < 3; times++)
        {
            foreach (SimulatedNode by in _cluster.Nodes)
            {
                QueueDefinition quorum = Declare(
                    by, ("x-queue-type", "quorum"), ("x-quorum-initial-group-size", 3));
                Assert.DoesNotContain(drained.Id, quorum.Members);
                QueueDefinition classic = Declare(
                    by, ("x-queue-type", "classic"), ("x-queue-master-locator", "min-masters"));
                Assert.NotEqual(drained.Id, classic.HomeNode);
            }
        }
        Assert.NotEqual(drained.Id, Declare(drained, ("x-queue-type", "classic")).HomeNode);
        // With too few others it has a member all the same, and leads nothing.
        QueueDefinition all = Declare(drained, ("x-queue-type", "quorum"), ("x-quorum-initial-group-size", 4));
        Assert.Equal(drained.Id, all.Members[3]);
        drained.Broker!.LeadAgain();
        _cluster.Until(() => Knowing(drained) == 0, 1000, "that all know");
        Assert.Equal(drained.Id, Declare(drained, ("x-queue-type", "quorum")).Members[0]);
    }

    /// <summary>Who is asked to lead could refuse alone, and time would pass.</summary>
    [Fact]
    public async Task Who_is_drained_hands_nothing_over_to_another_that_is()
    {
        QueueDefinition[] queues =
        [
            .. Enumerable.Range(0, 6).Select(_ => Declare(
                _cluster[1], ("x-queue-type", "quorum"), ("x-quorum-initial-group-size", 4))),
        ];
        _cluster.Until(() => Led(_cluster[1]) == 6, what: "that it leads all");
        await _cluster.Done(_cluster[2].Broker!.HandOverAsync(TimeSpan.FromSeconds(5)));
        _cluster.Until(() => Knowing(_cluster[2]) == 4, 1000, "that all know");
        Task<HandedOver> done = _cluster[1].Broker!.HandOverAsync(TimeSpan.FromSeconds(60));
        // Half a second; one that is asked in vain takes longer than that.
        _cluster.Until(() => Led(_cluster[3]) + Led(_cluster[4]) == 6, 100, "that the others lead all");
        await _cluster.Done(done);
        Assert.Equal(new HandedOver(6, 0), await done);
        Assert.Equal(6, queues.Length);
    }

    [Fact]
    public void One_that_was_killed_and_comes_back_is_under_maintenance_no_more()
    {
        SimulatedNode drained = _cluster[2];
        _cluster.Done(drained.Broker!.HandOverAsync(TimeSpan.FromSeconds(5)));
        _cluster.Until(() => Knowing(drained) == 4, 1000, "that all know");
        drained.Crash();
        drained.Start();
        _cluster.UntilServing();
        _cluster.Until(() => Knowing(drained) == 0, 1000, "that all know");
    }

    private int Knowing(SimulatedNode node) =>
        _cluster.Nodes.Count(other => other.Broker!.Maintenance.Includes(node.Id));

    private static int Led(SimulatedNode node) => node.Broker!.QueueLinks!.Leaders.Count();

    private QueueDefinition Declare(SimulatedNode node, params (string, object?)[] arguments)
    {
        string name = $"q{_queues++}";
        Task declared = node.Broker!.Operations.DeclareAsync("/", name, true, false, Fields.Of(arguments));
        _cluster.Done(declared);
        Assert.True(declared.IsCompletedSuccessfully, $"{declared.Exception}");
        return node.Broker!.AllQueues().Single(queue => queue.Name == name);
    }
}
