using Warren.Amqp;
using Warren.Broker.Delays;
using Warren.Broker.Queues;
using Warren.Broker.Queues.Replicated;
using Warren.Broker.Tests.Cluster;
using Warren.Broker.Tests.Cluster.Nodes;
using Warren.Broker.Tests.Policies;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Delays;

/// <summary>Messages that wait at a durable delayed exchange of a cluster, and nodes that are lost meanwhile.</summary>
public sealed class ReplicatedDelayTests
{
    private const int Messages = 40;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void What_is_confirmed_outlives_the_leader_and_is_routed_once_when_it_is_due(int seed)
    {
        var world = new DelaysCluster(seed: seed);
        world.Declare(1, "quorum", "q");
        SimulatedNode leading = world.UntilLed();
        world.PublishFrom(1);
        world.ConsumeFrom(OtherThan(world, leading), "q");
        for (int number = 0; number < Messages; number++)
            world.Publish(2000 + (number % 4 * 1000));
        world.UntilConfirmed();
        leading.Crash();
        world.UntilCame(Messages);
        Assert.Equal(Enumerable.Range(0, Messages).OrderBy(static number => number % 4), world.Came);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(-3)]
    public void What_the_next_leaders_clock_shows_on_the_wall_makes_none_come_sooner_or_later(int hours)
    {
        var world = new DelaysCluster();
        world.Declare(1, "quorum", "q");
        SimulatedNode leading = world.UntilLed();
        foreach (SimulatedNode node in world.Cluster.Nodes.Where(node => node != leading))
            node.Clock.Error = TimeSpan.FromHours(hours);
        world.PublishFrom(1);
        world.ConsumeFrom(OtherThan(world, leading), "q");
        for (int number = 0; number < Messages; number++)
            world.Publish(5000 + (number % 4 * 1000));
        world.UntilConfirmed();
        leading.Crash();
        world.UntilLed(leading);
        // Those that are published now are due by the same time.
        world.PublishFrom(OtherThan(world, leading));
        world.Publish(100);
        world.UntilConfirmed();
        long latestMs = world.LatestMs;
        world.Until(() => world.Came.Count == Messages + 1, "all of them");
        Assert.InRange(world.NowMs, latestMs, latestMs + 3000);
        Assert.Equal(
            [Messages, .. Enumerable.Range(0, Messages).OrderBy(static number => number % 4)], world.Came);
    }

    /// <summary>Many are due at once, and on their way: some have arrived, and nobody knows which.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_leader_that_goes_in_the_middle_loses_none_and_doubles_none(int seed)
    {
        const int delayMs = 1000;
        int inTheMiddle = 0;
        for (int steps = 0; steps < 48; steps += 4)
        {
            var world = new DelaysCluster(seed: seed, mostTurns: 3);
            world.Declare(1, "quorum", "q");
            SimulatedNode leading = world.UntilLed();
            world.PublishFrom(1);
            for (int number = 0; number < Messages; number++)
                world.Publish(delayMs);
            world.UntilConfirmed();
            long dueMs = world.LatestMs;
            world.Cluster.Until(() => leading.Broker!.NowMs >= dueMs, what: "their time");
            world.Cluster.Steps(steps);
            int kept = DelaysCluster.MemberOn(leading)!.Replica.Messages.Count;
            inTheMiddle += kept is > 0 and < Messages
                || (kept > 0 && DelaysCluster.MemberOn(leading)!.Replica.State.Departures.Count > 0) ? 1 : 0;
            leading.Crash();
            int other = OtherThan(world, leading);
            world.UntilHas(other, Messages);
            Assert.Equal(Enumerable.Range(0, Messages), world.Drain(other));
        }
        // Else nothing of this was tried.
        Assert.True(inTheMiddle > 2, $"{inTheMiddle} times");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_leader_that_goes_while_they_come_loses_none_and_doubles_none(int seed)
    {
        for (int steps = 1; steps < 30; steps += 3)
        {
            var world = new DelaysCluster(seed: seed, mostTurns: 3);
            world.Declare(1, "quorum", "q");
            SimulatedNode leading = world.UntilLed();
            int other = OtherThan(world, leading);
            world.PublishFrom(other);
            for (int number = 0; number < Messages; number++)
                world.Publish(1000);
            world.Cluster.Steps(steps);
            leading.Crash();
            world.UntilConfirmed();
            world.UntilHas(other, Messages);
            Assert.Equal(Enumerable.Range(0, Messages), world.Drain(other));
        }
    }

    /// <summary>Their bytes are on the disks; whoever takes over reads them when they are due.</summary>
    [Fact]
    public void Many_that_wait_take_little_memory_and_go_in_order_by_whoever_leads()
    {
        const int many = 2000;
        const int bodyBytes = 4000;
        var world = new DelaysCluster(mostTurns: 200);
        world.Declare(1, "quorum", "q");
        SimulatedNode leading = world.UntilLed();
        world.PublishFrom(1);
        for (int number = 0; number < many; number++)
        {
            world.Publish(30_000, bodyBytes: bodyBytes);
            if (number % 100 == 99)
                world.UntilConfirmed();
        }
        world.Rest();
        QueueHome member = DelaysCluster.MemberOn(leading)!;
        Assert.Equal(many, member.ReadyCount);
        Assert.InRange(member.ResidentBytes, 1, leading.Broker!.PagingBudgetBytes);
        leading.Crash();
        SimulatedNode next = world.UntilLed(leading);
        Assert.Equal(0, DelaysCluster.MemberOn(next)!.ResidentBytes);
        int other = OtherThan(world, leading);
        world.UntilHas(other, many);
        Assert.Equal(Enumerable.Range(0, many), world.Drain(other));
        world.Cluster.Until(() => DelaysCluster.MemberOn(next)!.ReadyCount == 0, what: "an end");
    }

    [Theory]
    [InlineData("quorum")]
    [InlineData("classic")]
    public void What_goes_to_a_node_that_is_away_waits_for_it_and_holds_up_nothing_else(string type)
    {
        var world = new DelaysCluster();
        world.Declare(1, "quorum", "q");
        SimulatedNode leading = world.UntilLed();
        int other = OtherThan(world, leading);
        if (type == "classic")
            world.Declare(other, type, "away");
        else
            world.DeclareWithin(other, "away");
        world.PublishFrom(world.Cluster.Nodes.ToList().IndexOf(leading) + 1);
        for (int number = 0; number < Messages; number++)
            world.Publish(1000, number % 2 == 0 ? "away" : "q");
        world.UntilConfirmed();
        world[other].Crash();
        world.UntilHas(1 + (other % 3), Messages / 2);
        Assert.Equal(Messages / 2, DelaysCluster.MemberOn(leading)!.ReadyCount);
        world[other].Start();
        world.UntilHas(other, Messages / 2, "away");
        Assert.Equal(Enumerable.Range(0, Messages).Where(static number => number % 2 == 0), world.Drain(other, "away"));
        Assert.Equal(Enumerable.Range(0, Messages).Where(static number => number % 2 == 1), world.Drain(other));
    }

    /// <summary>It may have arrived there, for all that the next leader knows.</summary>
    [Fact]
    public void What_has_departed_goes_there_and_nowhere_else_whatever_is_bound_by_then()
    {
        var world = new DelaysCluster();
        world.Declare(1, "quorum", "q");
        SimulatedNode leading = world.UntilLed();
        int other = OtherThan(world, leading);
        world.Declare(other, "classic", "away");
        world.PublishFrom(world.Cluster.Nodes.ToList().IndexOf(leading) + 1);
        for (int number = 0; number < Messages; number++)
            world.Publish(1000, "away");
        world.UntilConfirmed();
        world[other].Crash();
        world.Until(
            () => DelaysCluster.MemberOn(leading)!.Replica.State.Departures.Count == Messages, "their departure");
        SimulatedConnection connection = world.Connect(world.Cluster.Nodes.ToList().IndexOf(leading) + 1);
        connection.Send(new QueueUnbind("away", DelaysCluster.Exchange, "away", FieldTable.Empty));
        world.Expect(connection, MethodId.QueueUnbindOk);
        connection.Send(new QueueBind("q", DelaysCluster.Exchange, "away", noWait: false, FieldTable.Empty));
        world.Expect(connection, MethodId.QueueBindOk);
        leading.Crash();
        world[other].Start();
        world.UntilHas(other, Messages, "away");
        Assert.Equal(Enumerable.Range(0, Messages), world.Drain(other, "away"));
        Assert.Empty(world.Drain(other));
        Assert.Equal(0, DelaysCluster.MemberOn(world.UntilLed())!.ReadyCount);
    }

    /// <summary>
    /// A queue that lives on one node knows no numbers: what was sent to it before that was committed would come again.
    /// </summary>
    [Fact]
    public void Nothing_is_confirmed_and_nothing_departs_without_a_majority()
    {
        var world = new DelaysCluster();
        SimulatedConnection connection = world.Connect(1);
        world.DeclareExchange(connection);
        SimulatedNode leading = world.UntilLed();
        int node = world.Cluster.Nodes.ToList().IndexOf(leading) + 1;
        world.Declare(node, "classic", "q");
        world.PublishFrom(node);
        for (int number = 0; number < Messages; number++)
            world.Publish(1000);
        world.UntilConfirmed();
        world.Cluster.Until(() => leading.Broker!.NowMs >= world.LatestMs - 100, what: "almost their time");
        world.Cluster.SetCut(leading, isCut: true);
        world.Publish(10_000);
        world.Cluster.Steps(80);
        Assert.True(leading.Store.Gate.IsOpen);
        Assert.Equal(0, world.Count(node, "q"));
        Assert.False(world.IsConfirmed());
        leading.Crash();
        world.Cluster.SetCut(leading, isCut: false);
        leading.Start();
        world.UntilHas(node, Messages);
        Assert.Equal(Enumerable.Range(0, Messages), world.Drain(node).Where(static number => number < Messages));
    }

    [Fact]
    public void What_waits_outlives_its_exchange_and_goes_on_from_the_next_of_that_name()
    {
        var world = new DelaysCluster();
        world.Declare(1, "quorum", "q");
        QueueDefinition store = DelaysCluster.StoreOn(world[1])!;
        world.PublishFrom(1);
        for (int number = 0; number < Messages; number++)
            world.Publish((int)(4 * ReplicatedDelays.LingerMs));
        world.UntilConfirmed();
        SimulatedConnection connection = world.Connect(2);
        connection.Send(new ExchangeDelete(DelaysCluster.Exchange, ifUnused: false, noWait: false));
        world.Expect(connection, MethodId.ExchangeDeleteOk);
        // Longer than one stays at which nothing waits.
        world.Cluster.Steps((int)(3 * ReplicatedDelays.LingerMs / 5));
        world.Declare(3, "quorum", "q");
        Assert.Equal(store.Id, DelaysCluster.StoreOn(world[2])!.Id);
        world.UntilHas(1, Messages);
        Assert.Equal(Enumerable.Range(0, Messages), world.Drain(1));
    }

    [Fact]
    public void When_nothing_waits_at_an_exchange_that_is_gone_its_groups_go_too()
    {
        var world = new DelaysCluster();
        world.Declare(1, "quorum", "q");
        world.PublishFrom(1);
        world.Publish(100);
        world.UntilConfirmed();
        world.UntilHas(1, 1);
        // As long as it is there.
        world.Cluster.Steps((int)(2 * ReplicatedDelays.LingerMs / 5));
        Assert.NotNull(DelaysCluster.StoreOn(world[1]));
        SimulatedConnection connection = world.Connect(2);
        connection.Send(new ExchangeDelete(DelaysCluster.Exchange, ifUnused: false, noWait: false));
        world.Expect(connection, MethodId.ExchangeDeleteOk);
        world.Until(
            () => world.Cluster.Nodes.All(
                node => DelaysCluster.StoreOn(node) is null && DelaysCluster.MemberOn(node) is null),
            "an end", mostSteps: (int)(3 * ReplicatedDelays.LingerMs / 5));
        world.Declare(1, "quorum", "q");
        world.PublishFrom(2);
        world.Publish(100);
        world.UntilConfirmed();
        world.UntilHas(1, 2);
        Assert.Equal([0, 1], world.Drain(1));
        // The queue has forgotten the one that is gone.
        QueueId next = DelaysCluster.StoreOn(world[1])!.Id;
        world.Until(
            () => world.Cluster.Nodes.All(node => QueueOn(node).Replica.State.Sources.All(
                source => !source.Source.TryGetStore(out QueueId store) || store == next)),
            "what is known of stores");
    }

    /// <summary>Dead letters and what a transaction commits wait like all else.</summary>
    [Fact]
    public void What_comes_in_other_ways_outlives_the_leader_too()
    {
        var world = new DelaysCluster();
        world.Declare(1, "quorum", "q");
        SimulatedNode leading = world.UntilLed();
        int other = OtherThan(world, leading);
        SimulatedConnection connection = world.Connect(other);
        connection.Send(new QueueDeclare(
            "source", passive: false, durable: true, false, false, noWait: false,
            Fields.Of(
                ("x-queue-type", "quorum"), ("x-message-ttl", 1), ("x-dead-letter-exchange", DelaysCluster.Exchange),
                ("x-dead-letter-routing-key", "q"))));
        world.Expect(connection, MethodId.QueueDeclareOk);
        byte[] properties = new BasicProperties { Headers = Fields.Of(("x-delay", 3000)) }.ToArray();
        connection.Writer.AddPublish(1, "", "source", "0"u8, properties);
        connection.Send(new TxSelect());
        world.Expect(connection, MethodId.TxSelectOk);
        connection.Writer.AddPublish(1, DelaysCluster.Exchange, "q", "1"u8, properties);
        connection.Send(new TxCommit());
        world.Expect(connection, MethodId.TxCommitOk);
        world.Until(() => DelaysCluster.MemberOn(leading)!.ReadyCount == 2, "both");
        world.Until(() => world.Count(1, "source") == 0, "the end of the dead letter's source");
        leading.Crash();
        world.UntilHas(other, 2);
        Assert.Equal([0, 1], world.Drain(other).Order());
    }

    private static ReplicatedQueue QueueOn(SimulatedNode node) =>
        ((QueueReplication)node.Broker!.Replication!).Members.Single(static one => one.Definition.Name == "q");

    private static int OtherThan(DelaysCluster world, SimulatedNode node) =>
        world.Cluster.Nodes.ToList().FindIndex(one => one != node) + 1;
}
