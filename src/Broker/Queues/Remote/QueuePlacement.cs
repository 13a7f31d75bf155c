using Warren.Amqp;
using Warren.Broker.Definitions;
using Warren.Broker.Policies;
using Warren.Broker.Topology;
using Warren.Cluster;

namespace Warren.Broker.Queues.Remote;

/// <summary>
/// Decides, where a queue is declared, which node becomes its home: by its argument, else by its policy, else by the
/// configuration (<c>queue_leader_locator</c>, <c>queue_master_locator</c>), else this node.
/// </summary>
internal static class QueuePlacement
{
    public static NodeId HomeOf(
        MessageBroker broker, TopologySnapshot topology, QueueDeclaration declaration, QueueType type,
        FieldTable arguments)
    {
        if (broker.QueueLinks is not { } links)
            return NodeId.None;
        if (declaration.Exclusive)
            return links.Self;
        IReadOnlyList<NodeId> members = links.Members;
        return Locator(broker, topology, declaration, type, arguments) switch
        {
            "balanced" or "min-masters" or "least-leaders" => Emptiest(topology, links.Self, members),
            "random" when members.Count > 0 => members[broker.NewRandom().Next(members.Count)],
            _ => links.Self,
        };
    }

    private static string? Locator(
        MessageBroker broker, TopologySnapshot topology, QueueDeclaration declaration, QueueType type,
        FieldTable arguments)
    {
        foreach (string name in (ReadOnlySpan<string>)["queue-leader-locator", "queue-master-locator"])
        {
            if (TextOf(arguments, "x-" + name) is { } asked)
                return asked;
        }
        if (topology.Vhosts.TryGetValue(declaration.Vhost, out Vhost? vhost)
            && vhost.Policies.Match(declaration.Name, type) is { } policy)
        {
            foreach (string name in (ReadOnlySpan<string>)["queue-leader-locator", "queue-master-locator"])
            {
                if (TextOf(policy.Definition, name) is { } wished)
                    return wished;
            }
        }
        return broker.Options.QueueLeaderLocator;
    }

    private static string? TextOf(FieldTable table, string name) =>
        table.TryGetValue(name, out FieldValue value) && value.Kind == FieldKind.LongString ? value.AsText() : null;

    // This node among equals: no way is shorter.
    private static NodeId Emptiest(TopologySnapshot topology, NodeId self, IReadOnlyList<NodeId> members)
    {
        var counts = members.ToDictionary(member => member, _ => 0);
        foreach ((NodeId node, int queues) in topology.Vhosts.SelectMany(vhost => vhost.Value.QueueCounts))
        {
            NodeId home = node.IsNone ? self : node;
            if (counts.TryGetValue(home, out int count))
                counts[home] = count + queues;
        }
        return members.Count == 0
            ? self
            : members.OrderBy(member => counts[member]).ThenBy(member => member == self ? 0 : 1).First();
    }
}
