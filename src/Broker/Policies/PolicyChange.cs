using Warren.Broker.Exchanges;
using Warren.Broker.Queues;
using Warren.Broker.Topology;

namespace Warren.Broker.Policies;

/// <summary>
/// One policy that was set, changed or cleared, and what comes of it for the queues and exchanges of its vhost. Every
/// name is matched against this policy as it was and as it is; more work is done for those alone that match. Lives for
/// one call.
/// </summary>
internal sealed class PolicyChange(Policy? before, Policy? after)
{
    private readonly Dictionary<(Policy?, Policy?), EffectivePolicy> _shared = [];

    /// <summary>The queues for which something else is in force now.</summary>
    public List<(QueueDefinition Queue, EffectivePolicy? Before, EffectivePolicy? After)> Queues { get; } = [];

    /// <summary>The vhost with these policies, and with what they come to.</summary>
    public Vhost Apply(Vhost vhost, VhostPolicies policies)
    {
        foreach ((string name, QueueDefinition queue) in vhost.Queues)
        {
            if (before?.Matches(name, queue.Type) != true && after?.Matches(name, queue.Type) != true)
                continue;
            policies.OfQueues.TryGetValue(name, out EffectivePolicy? present);
            EffectivePolicy? effective = policies.MatchAgain(name, queue.Type, present, _shared);
            if (ReferenceEquals(present, effective))
                continue;
            policies = policies.WithQueue(name, effective);
            Queues.Add((queue, present, effective));
        }
        Vhost changed = vhost.WithPolicies(policies);
        foreach ((string name, Exchange exchange) in vhost.Exchanges)
        {
            if (before?.MatchesExchange(name) == true || after?.MatchesExchange(name) == true)
                changed = changed.WithExchange(exchange.WithPolicy(policies.MatchExchange(name)));
        }
        return changed;
    }
}
