using Warren.Broker.Queues;
using Warren.Server.Control;
using Xunit;

namespace Warren.Server.Tests.Control;

/// <summary>Which queues are to be led by other nodes.</summary>
public sealed class LeaderPlanTests
{
    [Fact]
    public void ThreeNodesLeadAboutAsManyEach()
    {
        LedQueue[] queues = [.. Enumerable.Range(1, 10).Select(id => Of(id, "a", "b", "c"))];
        IReadOnlyList<LeaderMove> moves = LeaderPlan.Make(queues);
        // Four, three, three: no more moves than that takes.
        Assert.Equal(6, moves.Count);
        Assert.All(moves, move => Assert.Equal("a", move.From));
        Assert.Equal((3, 3), (moves.Count(move => move.To == "b"), moves.Count(move => move.To == "c")));
        Assert.Equal(6, moves.Select(move => move.Queue).Distinct().Count());
    }

    [Fact]
    public void WhatIsEvenStays()
    {
        Assert.Empty(LeaderPlan.Make([]));
        Assert.Empty(LeaderPlan.Make([Of(1, "a", "b")]));
        Assert.Empty(LeaderPlan.Make([Of(1, "a", "b"), Of(2, "a", "b"), Of(3, "b", "a")]));
    }

    [Fact]
    public void NobodyLeadsWhatHeHasNoMemberOf()
    {
        // Those that stay count, also on nodes that nothing can go to.
        IReadOnlyList<LeaderMove> moves = LeaderPlan.Make(
            [Of(1, "a"), Of(2, "a"), Of(3, "a"), Of(4, "a", "b"), Of(5, "b"), Of(6, "b"), Of(7, "c")]);
        LeaderMove move = Assert.Single(moves);
        Assert.Equal((4, "a", "b"), (move.Queue.Id.Value, move.From, move.To));
    }

    private static LedQueue Of(long id, string leader, params string[] others) => new(
        new QueueDefinition { Id = new QueueId(id), Vhost = "/", Name = $"q{id}" }, leader, [.. others]);
}
