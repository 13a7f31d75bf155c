using System.Collections.Immutable;
using Warren.Broker;
using Warren.Broker.Queues;
using Warren.Broker.Topology;
using Warren.Server.Cluster;

namespace Warren.Server.Control;

/// <summary>What would be lost with a node's directory, since nobody else has it.</summary>
/// <param name="Queues">Durable queues, of which it has the only copy.</param>
/// <param name="HasMore">Users, policies and the like.</param>
internal sealed record Holdings(ImmutableArray<QueueDefinition> Queues, bool HasMore)
{
    /// <summary>Nobody has looked: there may be anything.</summary>
    public static Holdings Unknown { get; } = new([], HasMore: true);

    /// <summary>There is nothing.</summary>
    public static Holdings None { get; } = new([], HasMore: false);

    public bool HasAny => HasMore || Queues.Length > 0;

    /// <param name="broker">Of the node, serving nobody.</param>
    /// <param name="isOfSeveral">The other members have all definitions too.</param>
    public static Holdings Of(MessageBroker broker, bool isOfSeveral) =>
        new(broker.Cluster.OnlyCopies(), !isOfSeveral && HasDefinitions(broker));

    public override string ToString()
    {
        string queues = Queues.IsEmpty ? "" : QueueNames.Describe(Queues);
        if (!HasMore)
            return queues;
        return queues.Length > 0 ? queues + ", and users or other definitions" : "users or other definitions";
    }

    private static bool HasDefinitions(MessageBroker broker)
    {
        BrokerOptions options = broker.Options;
        if (broker.Security.Users.Any(user => user.User.Name != options.DefaultUser))
            return true;
        foreach ((string name, Vhost vhost) in broker.Topology.Vhosts)
        {
            if (name != options.DefaultVhost || vhost.HasDefinitionsOfOwn)
                return true;
        }
        return false;
    }
}
