using Warren.Broker.Queues;
using Warren.Broker.Queues.Replicated;
using Xunit;

namespace Warren.Broker.Tests.Queues.Replicated;

/// <summary>Where a message comes back to that a client has held since before there was this leader.</summary>
public sealed class ReturnOrderTests
{
    /// <summary>
    /// The client that had the first is gone with its node; the one that has the second claims it, and gives it
    /// back before anybody has got the first.
    /// </summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_is_given_back_comes_behind_what_nobody_claimed_and_lay_before_it(bool isQuorum)
    {
        ReplicaGroup group = isQuorum ? new ReplicaGroup() : ReplicaGroup.OfMirrors();
        ReplicatedQueue leader = group.UntilLed();
        group.Publish(leader, 1, 3);
        leader.Post(QueueCommand.AddConsumer(group.Client.Consumer(prefetch: 2), null));
        group.Cluster.Until(() => group.Client.Deliveries.Count == 2, what: "deliveries");
        long held = group.Client.Deliveries[1].Position;
        group.Cluster.SetCut(group.NodeOf(leader), true);
        group.Claims = (next, node) =>
        {
            next.Post(QueueCommand.Claim(new HeldClaim(null, [held], group.Client.Channel.Outbox)));
            next.Post(QueueCommand.ClaimsComplete(node));
        };
        ReplicatedQueue next = group.UntilLed(leader);
        Assert.Equal(1, next.UnackedCount);
        next.Post(QueueCommand.ReturnAt(held, countsDelivery: false, group.Client.Channel.Outbox));
        group.Client.Deliveries.Clear();
        next.Post(QueueCommand.AddConsumer(group.Client.Consumer(), null));
        group.Cluster.Until(() => group.Client.Deliveries.Count == 3, what: "all");
        Assert.Equal(["m1", "m2", "m3"], group.Client.Deliveries.Select(static one => one.Body));
    }
}
