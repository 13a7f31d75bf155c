using Warren.Broker.Queues;
using Warren.Broker.Queues.Replicated;
using Warren.Broker.Tests.Cluster;
using Xunit;

namespace Warren.Broker.Tests.Queues.Replicated;

/// <summary>
/// What comes again behind a change of leader is marked, what nobody can have had is not, and nobody waits for that.
/// </summary>
public sealed class RedeliveryTests
{
    private readonly ReplicaGroup _group = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_was_never_handed_out_comes_as_the_first_time(bool allCrash)
    {
        ReplicatedQueue leader = _group.UntilLed();
        _group.Publish(leader, 1, 100);
        _group.UntilEqual();
        leader = Change(leader, allCrash);
        leader.Post(QueueCommand.AddConsumer(_group.Client.Consumer(), null));
        _group.Cluster.Until(() => _group.Client.Deliveries.Count == 100, what: "deliveries");
        Assert.DoesNotContain(_group.Client.Deliveries, static one => one.IsRedelivered);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_may_have_been_handed_out_is_marked_and_what_lies_far_behind_it_is_not(bool allCrash)
    {
        const int Count = 600;
        const int Prefetch = 10;
        ReplicatedQueue leader = _group.UntilLed();
        _group.Publish(leader, 1, Count);
        leader.Post(QueueCommand.AddConsumer(_group.Client.Consumer(prefetch: Prefetch), null));
        _group.Cluster.Until(() => _group.Client.Deliveries.Count == Prefetch, what: "deliveries");
        _group.UntilEqual();
        leader = Change(leader, allCrash);
        _group.Client.Deliveries.Clear();
        leader.Post(QueueCommand.AddConsumer(_group.Client.Consumer(), null));
        _group.Cluster.Until(() => _group.Client.Deliveries.Count == Count, what: "all");
        Assert.All(_group.Client.Deliveries.Take(Prefetch), static one => Assert.True(one.IsRedelivered));
        Assert.All(
            _group.Client.Deliveries.Skip(4 * Frontier.LeastAhead), static one => Assert.False(one.IsRedelivered));
        // It is the leader's word alone that they were.
        Assert.All(_group.Members, static member => Assert.False(HasReturns(member)));
    }

    /// <summary>Not even the first: the log says it with the message before anybody could have it.</summary>
    [Fact]
    public void Who_is_there_gets_each_message_as_soon_as_it_is_committed()
    {
        ReplicatedQueue leader = _group.UntilLed();
        leader.Post(QueueCommand.AddConsumer(_group.Client.Consumer(), null));
        for (int number = 1; number <= 1000; number++)
        {
            _group.Publish(leader, number, $"m{number}");
            _group.Cluster.Until(() => _group.Client.Verdicts.ContainsKey(number), what: "the verdict");
            Assert.Equal(number, _group.Client.Deliveries.Count);
        }
    }

    [Fact]
    public void Nothing_goes_that_lies_behind_the_frontier_that_is_committed()
    {
        ReplicatedQueue leader = _group.UntilLed();
        _group.Publish(leader, 1, 300);
        leader.Post(QueueCommand.AddConsumer(_group.Client.Consumer(), null));
        _group.Cluster.Until(
            () =>
            {
                if (_group.Client.Deliveries.Count > 0)
                {
                    long last = _group.Client.Deliveries[^1].Position;
                    Assert.True(leader.Replica.State.Frontier![0] >= last);
                }
                return _group.Client.Deliveries.Count == 300;
            },
            what: "deliveries");
    }

    /// <summary>What it has proposed alone the next leader knows nothing of.</summary>
    [Fact]
    public void A_leader_that_is_cut_off_hands_nothing_out_that_others_do_not_know_of()
    {
        ReplicatedQueue leader = _group.UntilLed();
        _group.Publish(leader, 1, 300);
        _group.UntilEqual();
        _group.Cluster.SetCut(_group.NodeOf(leader), true);
        leader.Post(QueueCommand.AddConsumer(_group.Client.Consumer(), null));
        _group.Cluster.Steps(20);
        leader.Post(QueueCommand.AddConsumer(_group.Client.Consumer(), null));
        _group.Cluster.Steps(20);
        Assert.True(leader.IsServing);
        Assert.Empty(_group.Client.Deliveries);
    }

    private static bool HasReturns(ReplicatedQueue member)
    {
        long after = 0;
        while (member.Replica.Messages.TryNext(after, out ReplicaMessage message))
        {
            if (message.DeliveryCount > 0)
                return true;
            after = message.Index;
        }
        return false;
    }

    private ReplicatedQueue Change(ReplicatedQueue leader, bool allCrash)
    {
        if (!allCrash)
        {
            _group.NodeOf(leader).Crash();
            return _group.UntilLed();
        }
        foreach (SimulatedNode node in _group.Cluster.Nodes)
            node.Crash();
        _group.Cluster.StartAll();
        return _group.UntilLed();
    }
}
