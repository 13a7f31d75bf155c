using Warren.Broker.Operations;
using Warren.Broker.Queues;
using Warren.Broker.Tests.Definitions;
using Warren.Cluster;
using Xunit;

namespace Warren.Broker.Tests.Operations;

/// <summary>Which queues are to be led by other nodes.</summary>
public sealed class LeaderPlanTests
{
    private static readonly NodeId A = Samples.Node(1);
    private static readonly NodeId B = Samples.Node(2);
    private static readonly NodeId C = Samples.Node(3);

    [Fact]
    public void ThreeNodesLeadAboutAsManyEach()
    {
        LedQueue[] queues = [.. Enumerable.Range(1, 10).Select(id => Of(id, A, B, C))];
        IReadOnlyList<LeaderMove> moves = LeaderPlan.Make(queues);
        // Four, three, three: no more moves than that takes.
        Assert.Equal(6, moves.Count);
        Assert.All(moves, move => Assert.Equal(A, move.From));
        Assert.Equal((3, 3), (moves.Count(move => move.To == B), moves.Count(move => move.To == C)));
        Assert.Equal(6, moves.Select(move => move.Queue).Distinct().Count());
    }

    [Fact]
    public void WhatIsEvenStays()
    {
        Assert.Empty(LeaderPlan.Make([]));
        Assert.Empty(LeaderPlan.Make([Of(1, A, B)]));
        Assert.Empty(LeaderPlan.Make([Of(1, A, B), Of(2, A, B), Of(3, B, A)]));
    }

    [Fact]
    public void NobodyLeadsWhatHeHasNoMemberOf()
    {
        // Those that stay count, also on nodes that nothing can go to.
        IReadOnlyList<LeaderMove> moves = LeaderPlan.Make(
            [Of(1, A), Of(2, A), Of(3, A), Of(4, A, B), Of(5, B), Of(6, B), Of(7, C)]);
        LeaderMove move = Assert.Single(moves);
        Assert.Equal((4, A, B), (move.Queue.Id.Value, move.From, move.To));
    }

    [Fact]
    public void WhatIsToleratedStaysAndNoMoreIsMovedThanIsSaid()
    {
        LedQueue[] queues = [.. Enumerable.Range(1, 14).Select(id => id < 10 ? Of(id, A, B) : Of(id, B, A))];
        Assert.Empty(LeaderPlan.Make(queues, tolerated: 4));
        Assert.Equal(2, LeaderPlan.Make(queues).Count);
        Assert.Single(LeaderPlan.Make(queues, mostMoves: 1, tolerated: 3));
        Assert.Equal((9, 5), (LeaderPlan.Count(queues)[A], LeaderPlan.Count(queues)[B]));
    }

    private static LedQueue Of(long id, NodeId leader, params NodeId[] others) => new(
        new QueueDefinition { Id = new QueueId(id), Vhost = "/", Name = $"q{id}" }, leader, [.. others]);
}
