using Warren.Amqp;
using Xunit;

namespace Warren.Broker.Tests.Cluster;

/// <summary>A node that stops, or is under maintenance, leaves the lead of the definitions to another one.</summary>
public sealed class DefinitionsHandoverTests
{
    private readonly SimulatedCluster _cluster = new(3, graceMs: 60_000, mostTurns: 100);
    private readonly SimulatedNode _leader;

    public DefinitionsHandoverTests()
    {
        _cluster.StartAll();
        _cluster.UntilServing();
        _cluster.Until(() => _cluster.Nodes.All(node => node.Store.HasLease), what: "leases");
        _leader = _cluster.Leader!;
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Another_leads_before_it_is_over_and_nobody_loses_his_lease(bool stops)
    {
        Task handedOver = _leader.Broker!.Cluster.HandOverAsync(stops);
        for (int step = 0; !handedOver.IsCompleted; step++)
        {
            _cluster.Step();
            Assert.All(_cluster.Nodes, static node => Assert.True(node.Store.Gate.IsOpen));
            Assert.True(step < 60);
        }
        Assert.False(_leader.Store.Group.IsLeader);
        Assert.False(_leader.Store.Group.Leader.IsNone);
        Task declared = _leader.Broker.Operations.DeclareAsync("/", "q", true, false, FieldTable.Empty);
        _cluster.Done(declared);
        Assert.True(declared.IsCompletedSuccessfully);
    }

    [Fact]
    public void Who_stops_does_not_lead_again()
    {
        SimulatedNode next = HandOver(stops: true);
        SimulatedNode third = _cluster.Nodes.Single(node => node != next && node != _leader);
        next.Crash();
        _cluster.Until(() => third.Store.Group.IsLeader, what: "the third");
    }

    [Fact]
    public void Who_is_under_maintenance_leads_if_nobody_else_does()
    {
        SimulatedNode next = HandOver(stops: false);
        SimulatedNode third = _cluster.Nodes.Single(node => node != next && node != _leader);
        _cluster.Done(third.Broker!.Cluster.HandOverAsync(stops: true));
        next.Crash();
        _cluster.Until(() => _leader.Store.Group.IsLeader, what: "the one under maintenance");
    }

    [Fact]
    public void A_node_without_others_hands_over_to_nobody_and_goes_on()
    {
        foreach (SimulatedNode other in _cluster.Nodes.Where(node => node != _leader))
            other.Crash();
        _cluster.Done(_leader.Broker!.Cluster.HandOverAsync(stops: true));
        var alone = new SimulatedCluster(1);
        alone.StartAll();
        alone.UntilServing();
        alone.Done(alone.Nodes[0].Broker!.Cluster.HandOverAsync(stops: true), mostSteps: 20);
        Assert.True(alone.Nodes[0].Store.Group.IsLeader);
    }

    private SimulatedNode HandOver(bool stops)
    {
        _cluster.Done(_leader.Broker!.Cluster.HandOverAsync(stops));
        _cluster.Until(() => _cluster.Leader is not null, what: "the next leader");
        Assert.NotEqual(_leader, _cluster.Leader);
        return _cluster.Leader!;
    }
}
