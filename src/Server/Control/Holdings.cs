using System.Collections.Immutable;
using Warren.Broker;
using Warren.Broker.Topology;

namespace Warren.Server.Control;

/// <summary>What would be lost with a node's directory, since nobody else has it.</summary>
/// <param name="Queues">Durable queues, of which it has the only copy, as they are named to people.</param>
/// <param name="HasMore">Users, policies and the like.</param>
internal sealed record Holdings(ImmutableArray<string> Queues, bool HasMore)
{
    private const int MostNamed = 5;

    /// <summary>Nobody has looked: there may be anything.</summary>
    public static Holdings Unknown { get; } = new([], HasMore: true);

    public bool HasAny => HasMore || Queues.Length > 0;

    /// <param name="broker">Of the node, serving nobody.</param>
    /// <param name="isOfSeveral">The other members have all definitions too.</param>
    public static Holdings Of(MessageBroker broker, bool isOfSeveral)
    {
        ImmutableArray<string> queues =
        [
            .. broker.AllQueues().Where(queue => queue.SurvivesRestart)
                .Select(queue => queue.Vhost == broker.Options.DefaultVhost
                    ? $"'{queue.Name}'"
                    : $"'{queue.Name}' in vhost '{queue.Vhost}'"),
        ];
        return new Holdings(queues, !isOfSeveral && HasDefinitions(broker));
    }

    public override string ToString()
    {
        string named = string.Join(", ", Queues.Take(MostNamed));
        string more = Queues.Length > MostNamed ? $" and {Queues.Length - MostNamed} more" : "";
        string queues = Queues.IsEmpty ? "" : $"the durable queue{(Queues.Length == 1 ? "" : "s")} {named}{more}";
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
