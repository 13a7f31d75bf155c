using System.Collections.Immutable;
using Warren.Amqp;
using Warren.Broker.Definitions.Entries;
using Warren.Broker.Exchanges;
using Warren.Broker.Queues;
using Warren.Broker.Queues.Remote;
using Warren.Broker.Topology;
using Warren.Cluster;

namespace Warren.Broker.Delays;

/// <summary>
/// What keeps the messages that wait at a durable delayed exchange on several nodes, among the definitions: a
/// replicated queue that nobody sees (docs/decisions/0018-replicated-delays.md). There is one for each such exchange of
/// a cluster that has nodes for it; it outlives the exchange for as long as something waits.
/// </summary>
internal static class DelayStore
{
    // Reserved: no client and no operator declares a queue that is called so.
    private const string NamePrefix = "amq.delayed.";

    /// <summary>What it is called among the definitions, and in the node's log.</summary>
    public static string NameOf(string exchange) => NamePrefix + exchange;

    /// <summary>False: nothing that keeps delayed messages is called so.</summary>
    public static bool TryParseName(ReadOnlySpan<char> name, out ReadOnlySpan<char> exchange)
    {
        bool isStores = name.StartsWith(NamePrefix, StringComparison.Ordinal);
        exchange = isStores ? name[NamePrefix.Length..] : default;
        return isStores;
    }

    /// <summary>The exchange is there that it keeps messages for.</summary>
    public static bool IsWanted(Vhost vhost, QueueDefinition store) => store.DelaysOf is { } name
        && vhost.Exchanges.TryGetValue(name, out Exchange? exchange) && IsKept(exchange.Type, exchange.Durable);

    /// <summary>A delayed exchange that is declared has none yet.</summary>
    public static bool IsMissing(Vhost vhost, ExchangeDeclaration exchange) =>
        IsKept(exchange.Type, exchange.Durable) && !vhost.DelayStores.Contains(exchange.Name);

    /// <summary>
    /// What makes it, for an exchange that is declared or is there; null: there is one, or the exchange needs none, or
    /// there are not nodes enough.
    /// </summary>
    public static QueueEntry? EntryOf(
        MessageBroker broker, TopologySnapshot topology, string vhost, ExchangeDeclaration exchange) =>
        IsKept(exchange.Type, exchange.Durable) ? EntryOf(broker, topology, vhost, exchange.Name) : null;

    /// <inheritdoc cref="EntryOf(MessageBroker, TopologySnapshot, string, ExchangeDeclaration)"/>
    public static QueueEntry? EntryOf(
        MessageBroker broker, TopologySnapshot topology, string vhost, Exchange exchange) =>
        IsKept(exchange.Type, exchange.Durable) ? EntryOf(broker, topology, vhost, exchange.Name) : null;

    private static QueueEntry? EntryOf(
        MessageBroker broker, TopologySnapshot topology, string vhostName, string exchange)
    {
        string name = NameOf(exchange);
        if (topology.Vhosts.TryGetValue(vhostName, out Vhost? vhost) && vhost.TryFindQueueOrStore(name, out _))
            return null;
        ImmutableArray<NodeId> members = QueuePlacement.MembersOfStore(broker, topology, vhostName, name);
        if (members.IsEmpty)
            return null;
        return new QueueEntry
        {
            Vhost = vhostName,
            Name = name,
            // Its group is one of a quorum queue: whoever sees to the members of those sees to its.
            Type = QueueType.Quorum,
            Durable = true,
            Members = members,
            DelaysOf = exchange,
            DeclaredArguments = FieldTable.Empty,
        };
    }

    private static bool IsKept(string type, bool durable) => durable && type == ExchangeTypes.DelayedMessage;
}
