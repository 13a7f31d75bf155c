using System.Globalization;
using System.Text;
using Warren.Amqp;
using Warren.Broker.Administration;
using Warren.Broker.Channels;
using Warren.Broker.Definitions;
using Warren.Broker.Definitions.Entries;
using Warren.Broker.Delays;
using Warren.Broker.Exchanges;
using Warren.Broker.Messages;
using Warren.Broker.Queues;
using Warren.Broker.Topology;
using Xunit;

namespace Warren.Broker.Tests.Delays;

/// <summary>
/// What a node has kept goes to a store that several nodes have, once and in order, whatever happens meanwhile. Stores
/// are made, and taken away, when a test says so.
/// </summary>
public sealed class DelayMovesTests
{
    private const int LongMs = 60_000;

    private readonly DelaysCluster _world = new(storeSize: 1);

    /// <summary>
    /// Its number is lower than theirs: behind them it would be taken for one that the store has, after a crash.
    /// </summary>
    [Fact]
    public void What_has_departed_goes_before_those_behind_it_or_not_at_all()
    {
        _world.Declare(1, "quorum", "q");
        _world.Declare(3, "classic", "away");
        _world.PublishFrom(1);
        _world[3].Crash();
        _world.Publish(100, "away");
        for (int number = 1; number < 6; number++)
            _world.Publish(LongMs);
        _world.UntilConfirmed();
        // It is on its way, and nobody knows whether it has arrived.
        _world.Cluster.Steps(100);
        Make(1, 2);
        // One more was routed before there was a store.
        Add(6, persistent: true);
        _world.Cluster.Steps(400);
        Assert.Equal(6, _world[1].Broker!.Delays.Count);
        Assert.Equal(0, DelaysCluster.MemberOn(_world.UntilLed())!.ReadyCount);
        _world[1].Crash();
        _world[1].Start();
        _world.Cluster.UntilServing(1, 2);
        _world.Until(() => _world[1].Broker!.Delays.Count == 0, "their way to the store");
        _world[3].Start();
        _world.UntilHas(3, 1, "away");
        _world.UntilHas(1, 6);
        Assert.Equal([0], _world.Drain(1, "away"));
        Assert.Equal([1, 2, 3, 4, 5, 6], _world.Drain(1));
    }

    [Fact]
    public void What_has_departed_is_not_moved_when_it_has_arrived()
    {
        _world.Declare(1, "quorum", "q");
        _world.Declare(3, "classic", "away");
        _world.PublishFrom(1);
        _world[3].Crash();
        _world.Publish(100, "away");
        _world.Publish(LongMs);
        _world.UntilConfirmed();
        _world.Cluster.Steps(100);
        Make(1, 2);
        _world[3].Start();
        _world.Until(() => _world[1].Broker!.Delays.Count == 0, "the other's way to the store");
        Assert.Equal(1, DelaysCluster.MemberOn(_world.UntilLed())!.ReadyCount);
        _world.UntilHas(1, 1);
        Assert.Equal([0], _world.Drain(1, "away"));
        Assert.Equal([1], _world.Drain(1));
    }

    /// <summary>After a restart another has the number of one that was not stored, and is not that one.</summary>
    [Fact]
    public void Those_that_were_not_stored_are_not_taken_for_others()
    {
        _world.Declare(1, "quorum", "q");
        for (int number = 0; number < 3; number++)
            Add(number, persistent: false);
        _world.Until(() => _world[1].Broker!.Delays.Count == 3, "their place");
        Make(1, 2, 3);
        _world.Until(() => _world[1].Broker!.Delays.Count == 0, "their way to the store");
        _world[1].Crash();
        _world[1].Start();
        _world.Cluster.UntilServing();
        for (int number = 3; number < 5; number++)
            Add(number, persistent: true);
        _world.Until(
            () => _world[1].Broker!.Delays.Count == 0 && _world.Leading is { } leading
                && DelaysCluster.MemberOn(leading)!.ReadyCount == 5,
            "all of them in the store");
        _world.UntilHas(1, 5);
        Assert.Equal([0, 1, 2, 3, 4], _world.Drain(1));
    }

    /// <summary>They go on from here, or go to the next one.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_store_that_is_gone_meanwhile_has_taken_nothing(bool hasNext)
    {
        _world.Declare(1, "quorum", "q");
        _world.PublishFrom(1);
        for (int number = 0; number < 6; number++)
            _world.Publish(LongMs);
        _world.UntilConfirmed();
        _world[3].Crash();
        // Nobody leads it.
        Make(3);
        _world.Cluster.Steps(200);
        Assert.Equal(6, _world[1].Broker!.Delays.Count);
        Commit(new RemovalEntry(DefinitionKey.OfQueue("/", DelayStore.NameOf(DelaysCluster.Exchange))));
        if (hasNext)
        {
            Make(1, 2);
            _world.Until(() => _world[1].Broker!.Delays.Count == 0, "their way to the next store");
            Assert.Equal(6, DelaysCluster.MemberOn(_world.UntilLed())!.ReadyCount);
        }
        _world.UntilHas(1, 6);
        Assert.Equal([0, 1, 2, 3, 4, 5], _world.Drain(1));
        Assert.Equal(0, _world[1].Broker!.Delays.Count);
    }

    private void Make(params int[] nodes) => Commit(new QueueEntry
    {
        Vhost = "/",
        Name = DelayStore.NameOf(DelaysCluster.Exchange),
        Type = QueueType.Quorum,
        Durable = true,
        Members = [.. nodes.Select(number => _world[number].Id)],
        DelaysOf = DelaysCluster.Exchange,
        DeclaredArguments = FieldTable.Empty,
    });

    private void Commit(DefinitionsEntry entry) =>
        _world.Cluster.Done(AdministrativeChange.RunAsync(_world[1].Broker!, store => store.Commit(entry)));

    // As if it had been on its way to the node's own when the store was made.
    private void Add(int number, bool persistent)
    {
        MessageBroker broker = _world[1].Broker!;
        Assert.True(broker.Topology.Vhosts.TryGetValue("/", out Vhost? vhost));
        Assert.True(vhost.Exchanges.TryGetValue(DelaysCluster.Exchange, out Exchange? exchange));
        Message message = MessageInOwnSlab.Store(
            broker.Slabs, Encoding.ASCII.GetBytes(DelaysCluster.Exchange), "q"u8,
            new BasicProperties { DeliveryMode = (byte)(persistent ? 2 : 1) }.ToArray(),
            Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture)));
        broker.Delays.Post(new DelayedMessages.Item(
            DelayItemKind.Add,
            new DelayedMessage(
                "/", new RouteDelay((DelayedMessageExchange)exchange, LongMs), message, null, 0,
                new PublishGroup(1, static _ => { }))));
    }
}
