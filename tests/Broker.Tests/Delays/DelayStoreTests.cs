using Warren.Amqp;
using Warren.Broker.Channels;
using Warren.Broker.Definitions;
using Warren.Broker.Definitions.Entries;
using Warren.Broker.Delays;
using Warren.Broker.Messages;
using Warren.Broker.Queues;
using Warren.Broker.Tests.Cluster;
using Warren.Broker.Tests.Cluster.Nodes;
using Warren.Broker.Tests.Policies;
using Warren.Broker.Topology;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Delays;

/// <summary>Which exchanges have their messages on several nodes, on which, and who sees anything of it.</summary>
public sealed class DelayStoreTests
{
    private const int Messages = 40;

    [Fact]
    public void Nobody_sees_what_keeps_them()
    {
        var world = new DelaysCluster();
        world.Declare(1, "quorum", "q");
        world.PublishFrom(1);
        world.Publish(60_000);
        world.UntilConfirmed();
        string name = DelayStore.NameOf(DelaysCluster.Exchange);
        foreach (SimulatedNode node in world.Cluster.Nodes)
        {
            Assert.Equal(name, DelaysCluster.StoreOn(node)!.Name);
            Assert.Equal("q", Assert.Single(node.Broker!.AllQueues()).Name);
            Assert.True(node.Broker.Topology.Vhosts.TryGetValue("/", out Vhost? vhost));
            Assert.Equal(["q"], vhost.Queues.Select(static queue => queue.Key));
            Assert.Equal(["q"], vhost.BindingsFrom("").Select(static binding => binding.Destination));
            Assert.Empty(vhost.BindingsToQueue(name));
        }
        SimulatedConnection connection = world.Connect(2);
        connection.Send(new QueueDeclare(name, passive: true, false, false, false, noWait: false, FieldTable.Empty));
        Assert.Equal(404, CodeOf(world.Expect(connection, MethodId.ChannelClose)));
        connection = world.Connect(2);
        connection.Send(new BasicGet(name, noAck: true));
        Assert.Equal(404, CodeOf(world.Expect(connection, MethodId.ChannelClose)));
        connection = world.Connect(2);
        connection.Send(WireClient.Consume(name, "c", noAck: true, noWait: false));
        Assert.Equal(404, CodeOf(world.Expect(connection, MethodId.ChannelClose)));
        connection = world.Connect(2);
        connection.Send(new QueueDelete(name, ifUnused: false, ifEmpty: false, noWait: false));
        world.Expect(connection, MethodId.QueueDeleteOk);
        Assert.NotNull(DelaysCluster.StoreOn(world[2]));
        connection.Send(new QueueDeclare(
            name, passive: false, durable: true, false, false, noWait: false, FieldTable.Empty));
        Assert.Equal(403, CodeOf(world.Expect(connection, MethodId.ChannelClose)));
        // The default exchange knows of no such queue.
        connection = world.Connect(2);
        connection.Writer.AddPublish(1, "", name, "lost"u8, []);
        connection.Flush();
        world.Rest();
        Assert.Equal(1, DelaysCluster.MemberOn(world.UntilLed())!.ReadyCount);
    }

    [Fact]
    public void It_counts_for_no_limit_and_follows_no_policy()
    {
        var world = new DelaysCluster();
        world.Cluster.Done(world[1].Broker!.Administration.Vhosts.SetLimitsAsync("/", Fields.Of(("max-queues", 1))));
        world.Cluster.Done(world[1].Broker!.Administration.Policies.SetAsync(
            "/", "all", ".*", Fields.Of(("message-ttl", 1), ("max-length", 1), ("expires", 1000))));
        world.Declare(1, "quorum");
        world.PublishFrom(1);
        for (int number = 0; number < 3; number++)
            world.Publish(5000);
        world.UntilConfirmed();
        world.Rest();
        Assert.Equal(3, DelaysCluster.MemberOn(world.UntilLed())!.ReadyCount);
        Assert.Null(DelaysCluster.StoreOn(world[2])!.Home.Settings.ExpiresMs);
        Assert.Null(DelaysCluster.MemberOn(world[3])!.Settings.ExpiresMs);
        SimulatedConnection connection = world.Connect(2);
        connection.Send(new QueueDeclare(
            "q", passive: false, durable: true, false, false, noWait: false, FieldTable.Empty));
        world.Expect(connection, MethodId.QueueDeclareOk);
    }

    [Fact]
    public void It_goes_with_its_vhost()
    {
        var world = new DelaysCluster();
        world.Declare(1, "quorum", "q");
        world.PublishFrom(1);
        world.Publish(5000);
        world.UntilConfirmed();
        world.Cluster.Done(world[2].Broker!.Administration.Vhosts.DeleteAsync("/"));
        world.Until(
            () => world.Cluster.Nodes.All(static node => DelaysCluster.MemberOn(node) is null), "the end of it");
    }

    /// <summary>It takes nothing that it would take along; the exchange may be there again.</summary>
    [Fact]
    public void One_that_goes_is_closed_first_and_another_takes_its_place()
    {
        var world = new DelaysCluster();
        world.Declare(1, "quorum", "q");
        QueueDefinition store = DelaysCluster.StoreOn(world[1])!;
        SimulatedNode leading = world.UntilLed();
        SimulatedConnection connection = world.Connect(2);
        connection.Send(new ExchangeDelete(DelaysCluster.Exchange, ifUnused: false, noWait: false));
        world.Expect(connection, MethodId.ExchangeDeleteOk);
        world.Until(
            () => DelaysCluster.MemberOn(leading) is { Replica.State.IsClosed: true }, "its end",
            mostSteps: (int)(2 * ReplicatedDelays.LingerMs / 5));
        bool? isTaken = null;
        Message message = MessageInOwnSlab.Store(
            world[1].Broker!.Slabs, [], "q"u8, new BasicProperties().ToArray(), [1]);
        store.Home.Post(QueueCommand.Publish(
            message, 0, true, 1000, null, 0,
            new PublishGroup(1, accepted => isTaken = accepted) { AwaitsSync = true }));
        world.Declare(1, "quorum", "q");
        world.Until(() => isTaken is not null, "an answer");
        Assert.False(isTaken);
        world.Until(
            () => DelaysCluster.StoreOn(world[1]) is { } next && next.Id != store.Id, "the next", mostSteps: 2000);
        world.PublishFrom(2);
        world.Publish(100);
        world.UntilConfirmed();
        world.UntilHas(1, 1);
        Assert.Equal([0], world.Drain(1));
    }

    [Fact]
    public void An_exchange_that_is_not_durable_keeps_to_its_node()
    {
        var world = new DelaysCluster();
        SimulatedConnection connection = world.Connect(1);
        connection.Send(new ExchangeDeclare(
            DelaysCluster.Exchange, "x-delayed-message", passive: false, durable: false, false, false, noWait: false,
            Fields.Of(("x-delayed-type", "direct"))));
        world.Expect(connection, MethodId.ExchangeDeclareOk);
        world.PublishFrom(1);
        world.Publish(5000);
        world.UntilConfirmed();
        Assert.Null(DelaysCluster.StoreOn(world[1]));
        Assert.Equal(1, world[1].Broker!.Delays.Count);
    }

    /// <summary>What has waited on a node by itself is there once, whenever that crashes.</summary>
    [Fact]
    public void What_waits_on_one_node_goes_to_all_when_others_join()
    {
        int moved = 0;
        int left = 0;
        for (int steps = 0; steps < 40; steps += 4)
        {
            var world = new DelaysCluster(nodes: 1, joiners: 2, mostTurns: 3);
            world.Declare(1, "quorum", "q");
            world.PublishFrom(1);
            for (int number = 0; number < Messages; number++)
                world.Publish(60_000 - (number % 2 * 1000));
            world.UntilConfirmed();
            Assert.Equal(Messages, world[1].Broker!.Delays.Count);
            world.Join(2);
            world.Until(() => DelaysCluster.StoreOn(world[1]) is not null, "what keeps them");
            world.Until(() => world.Leading is not null, "a leader of it");
            world.Cluster.Steps(steps);
            int rest = world[1].Broker!.Delays.Count;
            moved += rest == 0 ? 1 : 0;
            left += rest > 0 ? 1 : 0;
            world[1].Crash();
            world.Cluster.Steps(100);
            world[1].Start();
            world.Cluster.UntilServing(1, 2);
            world.Until(() => world[1].Broker!.Delays.Count == 0, "their way to the others");
            world.Join(3);
            world.UntilMembers(3);
            world[1].Crash();
            Assert.Equal(Messages, DelaysCluster.MemberOn(world.UntilLed())!.ReadyCount);
            world[1].Start();
            world.UntilHas(1, Messages);
            Assert.Equal(Enumerable.Range(0, Messages).OrderByDescending(static number => number % 2), world.Drain(1));
        }
        // Else nothing of this was tried.
        Assert.True(moved > 0 && left > 0, $"{moved} times all had gone, {left} times some had not");
    }

    [Fact]
    public void A_member_takes_the_place_of_one_that_leaves_the_cluster()
    {
        var world = new DelaysCluster(nodes: 3, joiners: 1);
        world.Declare(1, "quorum", "q");
        world.UntilLed();
        world.Join(4);
        world.PublishFrom(1);
        world.Publish(20_000);
        world.UntilConfirmed();
        Assert.DoesNotContain(world[4].Id, DelaysCluster.StoreOn(world[1])!.Members);
        world.Leave(3);
        world.UntilMembers(3);
        Assert.Contains(world[4].Id, DelaysCluster.StoreOn(world[1])!.Members);
        world.UntilHas(1, 1);
        Assert.Equal([0], world.Drain(1));
    }

    [Fact]
    public void An_entry_says_whose_messages_it_keeps_and_can_be_taken_out_only_without_its_exchange()
    {
        var world = new DelaysCluster();
        world.Declare(1, "quorum", "q");
        Assert.True(world[1].Broker!.Topology.Vhosts.TryGetValue("/", out Vhost? vhost));
        var draft = new DefinitionsDraft(world[1].Broker!, 5000);
        var removal = new RemovalEntry(DefinitionKey.OfQueue("/", DelayStore.NameOf(DelaysCluster.Exchange)))
        {
            IfUnused = true,
        };
        Assert.Equal(EntryFormat.WithDelayStores, removal.FormatVersion);
        Assert.False(removal.ChangesNothing(draft));
        Assert.True(removal.Conflicts(draft));
        draft.Put(vhost.WithoutExchange(DelaysCluster.Exchange));
        Assert.False(removal.Conflicts(draft));
        draft.Apply(removal, 5001);
        Assert.True(removal.ChangesNothing(draft));
    }

    private static ushort CodeOf(Received close) => new WireReader(close.Arguments).ReadShort();
}
