using Warren.Broker.Definitions;
using Warren.Broker.Queues;
using Warren.Broker.Queues.Replicated;
using Warren.Broker.Tests.Cluster;
using Warren.Storage;
using Xunit;

namespace Warren.Broker.Tests.Queues.Replicated;

/// <summary>A queue with members on three nodes: what it tells, and what the next leader has.</summary>
public sealed class ReplicatedQueueTests
{
    [Fact]
    public void What_is_confirmed_is_on_all_members()
    {
        var group = new ReplicaGroup();
        ReplicatedQueue leader = group.UntilLed();
        group.Publish(leader, 1, 20);
        group.UntilEqual();
        Assert.All(group.Client.Verdicts.Values, Assert.True);
        Assert.All(group.Members, member => Assert.Equal(20, member.Replica.Messages.Count));
    }

    [Fact]
    public void Nothing_is_confirmed_or_delivered_without_a_majority()
    {
        var group = new ReplicaGroup();
        ReplicatedQueue leader = group.UntilLed();
        leader.Post(QueueCommand.AddConsumer(group.Client.Consumer(), null));
        group.Cluster.SetCut(group.NodeOf(leader), true);
        group.Publish(leader, 1, "alone");
        group.Cluster.Steps(20);
        Assert.Empty(group.Client.Verdicts);
        Assert.Empty(group.Client.Deliveries);
        ReplicatedQueue next = group.UntilLed(leader);
        // The same publish, sent again by who heard nothing of it.
        group.Publish(next, 1, "alone");
        group.Cluster.Until(() => group.Client.Verdicts.Count == 1, what: "the verdict");
        group.Cluster.SetCut(group.NodeOf(leader), false);
        group.UntilEqual();
        Assert.All(group.Members, member => Assert.Equal(1, member.Replica.Messages.Count));
    }

    [Fact]
    public void A_publish_that_a_leader_before_has_taken_is_not_taken_again()
    {
        var group = new ReplicaGroup();
        ReplicatedQueue leader = group.UntilLed();
        group.Publish(leader, 1, 5);
        group.Client.Verdicts.Clear();
        group.Cluster.SetCut(group.NodeOf(leader), true);
        ReplicatedQueue next = group.UntilLed(leader);
        for (int number = 3; number <= 6; number++)
            group.Publish(next, number, $"m{number}");
        group.Cluster.Until(() => group.Client.Verdicts.Count == 4, what: "confirms");
        group.Cluster.SetCut(group.NodeOf(leader), false);
        group.UntilEqual();
        Assert.All(group.Client.Verdicts.Values, Assert.True);
        Assert.All(group.Members, member => Assert.Equal(6, member.Replica.Messages.Count));
    }

    [Fact]
    public void A_number_is_known_when_its_message_is_gone()
    {
        var group = new ReplicaGroup();
        ReplicatedQueue leader = group.UntilLed();
        leader.Post(QueueCommand.AddConsumer(group.Client.Consumer(), null));
        group.Publish(leader, 1, "gone");
        group.Cluster.Until(() => group.Client.Deliveries.Count == 1, what: "the delivery");
        group.Acknowledge(leader, 0);
        group.Cluster.Until(() => group.Members.All(member => member.Replica.Messages.Count == 0), what: "its end");
        group.Cluster.SetCut(group.NodeOf(leader), true);
        ReplicatedQueue next = group.UntilLed(leader);
        group.Client.Verdicts.Clear();
        group.Publish(next, 1, "gone");
        group.Cluster.Until(() => group.Client.Verdicts.Count == 1, what: "the verdict");
        group.Cluster.Steps(50);
        Assert.True(group.Client.Verdicts[1]);
        Assert.Equal(0, next.Replica.Messages.Count);
    }

    /// <summary>It was closed when all that it had kept was where it went: what comes yet has come before.</summary>
    [Fact]
    public void What_comes_from_a_keeper_that_is_gone_was_taken_before()
    {
        var group = new ReplicaGroup();
        ReplicatedQueue leader = group.UntilLed();
        PublishSource gone = PublishSource.OfDelayStore(new QueueId(leader.Definition.Id.Value - 1));
        group.Publish(leader, group.Client, 1, "a", new PublishOrigin(gone, 5));
        group.Publish(leader, group.Client, 2, "b", null);
        group.Cluster.Until(() => group.Client.Verdicts.Count == 2, what: "verdicts");
        Assert.All(group.Client.Verdicts.Values, Assert.True);
        Assert.Equal(1, leader.ReadyCount);
        Assert.DoesNotContain(leader.Replica.State.Sources, static one => one.Source.IsKeepers);
    }

    /// <summary>What keeps it has another leader, on another node, whose stand-in has numbers of its own.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_comes_from_its_keeper_again_is_taken_once(bool crashes)
    {
        var group = new ReplicaGroup();
        ReplicatedQueue leader = group.UntilLed();
        PublishSource keeper = PublishSource.OfDelayStore(new QueueId(1234));
        var next = new TestClient(8);
        group.Publish(leader, group.Client, 1, "a", new PublishOrigin(keeper, 5));
        group.Publish(leader, group.Client, 2, "client's", null);
        group.Publish(leader, group.Client, 3, "b", new PublishOrigin(keeper, 9));
        group.Cluster.Until(() => group.Client.Verdicts.Count == 3, what: "verdicts");
        if (crashes)
        {
            group.NodeOf(leader).Crash();
            leader = group.UntilLed();
        }
        group.Publish(leader, next, 1, "a", new PublishOrigin(keeper, 5));
        group.Publish(leader, next, 2, "b", new PublishOrigin(keeper, 9));
        group.Publish(leader, next, 3, "c", new PublishOrigin(keeper, 10));
        // Its own clients' numbers are nothing to it.
        group.Publish(leader, next, 4, "d", null);
        group.Publish(leader, group.Client, 4, "e", null);
        group.Cluster.Until(() => next.Verdicts.Count == 4 && group.Client.Verdicts.Count == 4, what: "verdicts");
        Assert.All(next.Verdicts.Values, Assert.True);
        Assert.All(group.Client.Verdicts.Values, Assert.True);
        Consumer consumer = group.Client.Consumer();
        leader.Post(QueueCommand.AddConsumer(consumer, null));
        group.Cluster.Until(() => group.Client.Deliveries.Count == 6, what: "deliveries");
        group.Cluster.Steps(50);
        Assert.Equal(
            ["a", "client's", "b", "c", "d", "e"], group.Client.Deliveries.Select(static one => one.Body));
        // A state says all numbers before the first message goes.
        group.Acknowledge(leader, 0);
        group.Cluster.Until(() => leader.Replica.Messages.Count == 5, what: "its end");
        Assert.True(leader.Replica.State.TryFind(keeper, out SourceNumbers? numbers));
        Assert.Equal(10, numbers!.Last);
        // A leader's own state leaves nothing open; the one after may not have had one.
        if (!crashes)
            Assert.All(leader.Replica.State.Sources, static source => Assert.Empty(source.PassedOver));
        Assert.Equal([10, 4, 4], leader.Replica.State.Sources.Select(static source => source.Last).OrderDescending());
    }

    [Fact]
    public void What_was_refused_is_refused_again()
    {
        var group = new ReplicaGroup(1, ("x-max-length", 2), ("x-overflow", "reject-publish"));
        ReplicatedQueue leader = group.UntilLed();
        leader.Post(QueueCommand.AddConsumer(group.Client.Consumer(prefetch: 1), null));
        for (int number = 1; number <= 4; number++)
            group.Publish(leader, number, $"m{number}");
        group.Cluster.Until(() => group.Client.Verdicts.Count == 4, what: "verdicts");
        Assert.Contains(group.Client.Verdicts, verdict => !verdict.Value);
        long refused = group.Client.Verdicts.First(verdict => !verdict.Value).Key;
        group.Cluster.Until(() => group.Client.Deliveries.Count == 1, what: "the delivery");
        group.Acknowledge(leader, 0);
        group.Cluster.Until(() => group.Client.Deliveries.Count == 2, what: "the next delivery");
        group.Publish(leader, 5, "m5");
        group.Cluster.Until(() => group.Client.Verdicts.Count == 5, what: "the last verdict");
        Assert.True(group.Client.Verdicts[5]);
        group.Client.Verdicts.Clear();
        group.Cluster.SetCut(group.NodeOf(leader), true);
        ReplicatedQueue next = group.UntilLed(leader);
        group.Publish(next, refused, "again");
        group.Cluster.Until(() => group.Client.Verdicts.Count == 1, what: "the verdict");
        Assert.False(group.Client.Verdicts[refused]);
    }

    [Fact]
    public void A_delivery_that_nobody_acknowledges_goes_out_when_its_removal_is_committed()
    {
        var group = new ReplicaGroup();
        ReplicatedQueue leader = group.UntilLed();
        leader.Post(QueueCommand.AddConsumer(group.Client.Consumer(noAck: true), null));
        group.Publish(leader, 1, "once");
        group.Cluster.Until(() => group.Client.Deliveries.Count == 1, what: "the delivery");
        group.Cluster.SetCut(group.NodeOf(leader), true);
        ReplicatedQueue next = group.UntilLed(leader);
        Assert.Equal(0, next.Replica.Messages.Count);
    }

    [Fact]
    public void Who_holds_a_message_still_holds_it_at_the_next_leader()
    {
        var group = new ReplicaGroup();
        ReplicatedQueue leader = group.UntilLed();
        leader.Post(QueueCommand.AddConsumer(group.Client.Consumer(), null));
        group.Publish(leader, 1, "held");
        group.Publish(leader, 2, "not claimed");
        group.Cluster.Until(() => group.Client.Deliveries.Count == 2, what: "deliveries");
        long held = group.Client.Deliveries[0].Position;
        group.Cluster.SetCut(group.NodeOf(leader), true);
        group.Client.Deliveries.Clear();
        group.Claims = (next, node) =>
        {
            Consumer consumer = group.Client.Consumer();
            next.Post(QueueCommand.AddConsumer(consumer, null));
            next.Post(QueueCommand.Claim(new HeldClaim(consumer, [held], group.Client.Channel.Outbox)));
            next.Post(QueueCommand.ClaimsComplete(node));
        };
        ReplicatedQueue next = group.UntilLed(leader);
        group.Cluster.Until(() => group.Client.Deliveries.Count == 1, what: "what nobody claimed");
        TestDelivery delivered = group.Client.Deliveries[0];
        Assert.Equal(("not claimed", true), (delivered.Body, delivered.IsRedelivered));
        Assert.Equal(2, next.UnackedCount);
    }

    [Fact]
    public void Who_holds_something_of_a_queue_for_one_consumer_is_the_one()
    {
        var group = new ReplicaGroup(1, ("x-single-active-consumer", true));
        ReplicatedQueue leader = group.UntilLed();
        leader.Post(QueueCommand.AddConsumer(group.Client.Consumer(), null));
        group.Publish(leader, 1, "held");
        group.Cluster.Until(() => group.Client.Deliveries.Count == 1, what: "the delivery");
        long held = group.Client.Deliveries[0].Position;
        group.Cluster.SetCut(group.NodeOf(leader), true);
        group.Client.Deliveries.Clear();
        Consumer holder = group.Client.Consumer();
        group.Claims = (next, node) =>
        {
            next.Post(QueueCommand.AddConsumer(group.Client.Consumer(), null));
            next.Post(QueueCommand.AddConsumer(holder, null));
            next.Post(QueueCommand.Claim(new HeldClaim(holder, [held], group.Client.Channel.Outbox)));
            next.Post(QueueCommand.ClaimsComplete(node));
        };
        ReplicatedQueue next = group.UntilLed(leader);
        group.Publish(next, 2, "for the same");
        group.Cluster.Until(() => group.Client.Deliveries.Count == 1, 200, "the next delivery");
        Assert.Same(holder, group.Client.Deliveries[0].Consumer);
    }

    /// <summary>Its node ends the one that was cut off, after three seconds at most.</summary>
    [Fact]
    public void While_the_one_consumer_may_be_at_a_node_that_is_away_nobody_else_gets_anything()
    {
        var group = new ReplicaGroup(1, ("x-single-active-consumer", true));
        ReplicatedQueue leader = group.UntilLed();
        leader.Post(QueueCommand.AddConsumer(
            group.Client.Consumer(prefetch: 1, node: group.NodeOf(leader).Id, number: 7), null));
        group.Publish(leader, 1, 1);
        group.Cluster.Until(() => group.Client.Deliveries.Count == 1, what: "the delivery");
        group.Cluster.SetCut(group.NodeOf(leader), true);
        group.Claims = (next, node) =>
        {
            next.Post(QueueCommand.AddConsumer(group.Client.Consumer(node: node, number: 7), null));
            next.Post(QueueCommand.ClaimsComplete(node));
        };
        ReplicatedQueue next = group.UntilLed(leader);
        group.Client.Deliveries.Clear();
        group.Client.Verdicts.Clear();
        group.Publish(next, 2, 2);
        group.Cluster.Steps(300);
        Assert.Empty(group.Client.Deliveries);
        // Nor is it anybody else for the leader after this one.
        Assert.Equal(group.NodeOf(leader).Id, next.Replica.State.Holder.Node);
        group.Cluster.Until(() => group.Client.Deliveries.Count == 2, what: "deliveries");
        Assert.Equal(group.NodeOf(next).Id, next.Replica.State.Holder.Node);
    }

    /// <summary>The log says where it is: somebody else who is away holds nobody up.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Only_the_node_of_the_one_consumer_is_waited_for(bool isThere)
    {
        var group = new ReplicaGroup(1, ("x-single-active-consumer", true));
        ReplicatedQueue leader = group.UntilLed();
        SimulatedNode[] others = [.. group.Cluster.Nodes.Where(node => node != group.NodeOf(leader))];
        leader.Post(QueueCommand.AddConsumer(
            group.Client.Consumer(prefetch: 1, node: others[0].Id, number: 7), null));
        group.Publish(leader, 1, 1);
        group.Cluster.Until(() => group.Client.Deliveries.Count == 1, what: "the delivery");
        group.Acknowledge(leader, 0);
        group.Cluster.Until(() => leader.Replica.Messages.Count == 0, what: "its end");
        group.UntilEqual();
        group.Cluster.SetCut(group.NodeOf(leader), true);
        // It holds nothing, and comes behind another, or is gone.
        Consumer first = group.Client.Consumer(node: others[1].Id, number: 7);
        Consumer holder = group.Client.Consumer(node: others[0].Id, number: 7);
        group.Claims = (next, _) =>
        {
            next.Post(QueueCommand.AddConsumer(first, null));
            if (isThere)
                next.Post(QueueCommand.AddConsumer(holder, null));
            next.Post(QueueCommand.ClaimsComplete(others[0].Id));
            next.Post(QueueCommand.ClaimsComplete(others[1].Id));
        };
        ReplicatedQueue next = group.UntilLed(leader);
        group.Client.Deliveries.Clear();
        group.Client.Verdicts.Clear();
        group.Publish(next, 2, 2);
        group.Cluster.Until(() => group.Client.Deliveries.Count == 1, 200, "the delivery");
        Assert.Same(isThere ? holder : first, group.Client.Deliveries[0].Consumer);
    }

    /// <summary>Else the next leader would look for another one.</summary>
    [Fact]
    public void Who_comes_to_have_a_queue_to_himself_gets_nothing_before_that_is_committed()
    {
        var group = new ReplicaGroup(1, ("x-single-active-consumer", true));
        ReplicatedQueue leader = group.UntilLed();
        Consumer before = group.Client.Consumer(prefetch: 1, node: group.NodeOf(leader).Id, number: 1);
        leader.Post(QueueCommand.AddConsumer(before, null));
        group.Publish(leader, 1, 10);
        group.Cluster.Until(() => group.Client.Deliveries.Count == 1, what: "the delivery");
        group.UntilEqual();
        group.Cluster.SetCut(group.NodeOf(leader), true);
        leader.Post(QueueCommand.AddConsumer(
            group.Client.Consumer(node: group.NodeOf(leader).Id, number: 2), null));
        leader.Post(QueueCommand.CancelConsumer(before, null));
        group.Cluster.Steps(20);
        leader.Post(QueueCommand.AddConsumer(
            group.Client.Consumer(node: group.NodeOf(leader).Id, number: 3), null));
        group.Cluster.Steps(20);
        Assert.True(leader.IsServing);
        Assert.Single(group.Client.Deliveries);
    }

    [Fact]
    public void All_is_there_after_all_nodes_have_crashed()
    {
        var group = new ReplicaGroup();
        ReplicatedQueue leader = group.UntilLed();
        leader.Post(QueueCommand.AddConsumer(group.Client.Consumer(prefetch: 1), null));
        group.Publish(leader, 1, 10);
        group.Cluster.Until(() => group.Client.Deliveries.Count == 1, what: "the delivery");
        group.Acknowledge(leader, 0);
        group.Cluster.Until(() => group.Members.All(member => member.Replica.Messages.Count == 9), what: "its end");
        foreach (SimulatedNode node in group.Cluster.Nodes)
            node.Crash();
        group.Cluster.StartAll();
        leader = group.UntilLed();
        group.UntilEqual();
        Assert.Equal(9, leader.ReadyCount);
        group.Client.Verdicts.Clear();
        group.Publish(leader, 10, 11);
        group.UntilEqual();
        Assert.Equal(10, leader.Replica.Messages.Count);
    }

    /// <summary>Others may have the queue later than the first, which asks until they do.</summary>
    [Fact]
    public void The_first_member_leads_at_first()
    {
        for (int seed = 1; seed <= 30; seed++)
        {
            var group = new ReplicaGroup(seed);
            Assert.Equal(group.Cluster[1], group.NodeOf(group.UntilLed()));
        }
    }

    [Fact]
    public void A_member_that_was_away_while_the_log_was_compacted_gets_what_is_live()
    {
        var group = new ReplicaGroup();
        ReplicatedQueue leader = group.UntilLed();
        leader.Post(QueueCommand.AddConsumer(group.Client.Consumer(), null));
        group.Publish(leader, 1, 1);
        group.Cluster.Until(() => group.Client.Deliveries.Count == 1, what: "the delivery");
        SimulatedNode away = group.Cluster.Nodes.First(node => node != group.NodeOf(leader));
        away.Crash();
        for (int round = 0; round < 60; round++)
        {
            int first = 2 + (round * 100);
            group.Publish(leader, first, first + 99);
            group.Cluster.Until(() => group.Client.Deliveries.Count == first + 99, what: "deliveries");
            for (int at = first - 1; at < first + 99; at++)
                group.Acknowledge(leader, at);
        }
        group.Cluster.Until(() => leader.Consensus!.CompactedIndex.Value > 4000, what: "compaction");
        away.Start();
        group.UntilEqual();
        Assert.All(group.Members, member => Assert.Equal(1, member.Replica.Messages.Count));
        Assert.All(group.Members, member => Assert.Equal(6001, Assert.Single(member.Replica.State.Sources).Last));
    }

    [Fact]
    public void A_queue_that_is_deleted_leaves_nothing()
    {
        var group = new ReplicaGroup();
        group.Publish(group.UntilLed(), 1, 10);
        group.Cluster.Nodes[0].Store.Post(new RemoveQueue(
            group.Cluster.Nodes[0].Broker!.AllQueues().Single(queue => queue.IsReplicated)));
        group.Cluster.Until(() => !group.Members.Any(), what: "the end of all members");
        group.Cluster.Steps(100);
        foreach (SimulatedNode node in group.Cluster.Nodes)
            node.Crash();
        group.Cluster.StartAll().UntilServing();
        Assert.Empty(group.Members);
    }
}
