using System.Collections.Immutable;
using Warren.Broker.Queues;
using Warren.Broker.Topology;

namespace Warren.Broker.Policies;

/// <summary>
/// The policies and operator policies of a vhost, and what of them is in force for each queue. Immutable, part of the
/// vhost and published with it; exchanges carry what is in force for them themselves.
/// <para>
/// Invariant: <see cref="OfQueues"/> names exactly those queues of the vhost that a policy matches, each with what
/// <see cref="Match"/> finds for it. It is a pure function of the policies and the queues, whatever their order.
/// </para>
/// </summary>
public sealed class VhostPolicies
{
    public static readonly VhostPolicies Empty = new([], [], NameMap<EffectivePolicy>.Empty);

    private readonly ImmutableArray<Policy> _policies;
    private readonly ImmutableArray<Policy> _operatorPolicies;

    private VhostPolicies(
        ImmutableArray<Policy> policies, ImmutableArray<Policy> operatorPolicies, NameMap<EffectivePolicy> ofQueues)
    {
        _policies = policies;
        _operatorPolicies = operatorPolicies;
        OfQueues = ofQueues;
    }

    /// <summary>What is in force, by queue.</summary>
    public NameMap<EffectivePolicy> OfQueues { get; }

    internal bool IsEmpty => _policies.IsEmpty && _operatorPolicies.IsEmpty;

    /// <summary>
    /// All of one set in the order in which they are asked: by falling priority, and of the same priority by name,
    /// octet by octet. RabbitMQ leaves the order among equals to chance.
    /// </summary>
    public ImmutableArray<Policy> All(bool isOperators) => isOperators ? _operatorPolicies : _policies;

    public Policy? Find(string name, bool isOperators)
    {
        foreach (Policy policy in All(isOperators))
        {
            if (policy.Name == name)
                return policy;
        }
        return null;
    }

    /// <summary>What is in force for a queue, be it there or about to be made; null: no policy matches.</summary>
    public EffectivePolicy? Match(string queue, QueueType type)
    {
        if (IsEmpty)
            return null;
        return Merge(
            First(_policies, policy => policy.Matches(queue, type)),
            First(_operatorPolicies, policy => policy.Matches(queue, type)),
            null);
    }

    /// <summary>What is in force for an exchange.</summary>
    public EffectivePolicy? MatchExchange(string exchange)
    {
        if (IsEmpty)
            return null;
        return Merge(
            First(_policies, policy => policy.MatchesExchange(exchange)),
            First(_operatorPolicies, policy => policy.MatchesExchange(exchange)),
            null);
    }

    /// <summary>
    /// Adds a policy, or puts it in the place of the one with its name; what it changes is not worked out.
    /// </summary>
    internal VhostPolicies With(Policy policy, bool isOperators)
    {
        var all = All(isOperators).RemoveAll(other => other.Name == policy.Name).ToBuilder();
        int at = 0;
        while (at < all.Count && IsAskedBefore(all[at], policy))
            at++;
        all.Insert(at, policy);
        return With(all.ToImmutable(), isOperators);
    }

    internal VhostPolicies Without(string name, bool isOperators) =>
        With(All(isOperators).RemoveAll(policy => policy.Name == name), isOperators);

    internal VhostPolicies WithQueue(string queue, EffectivePolicy? policy)
    {
        NameMap<EffectivePolicy> queues = policy is null ? OfQueues.Without(queue) : OfQueues.With(queue, policy);
        return ReferenceEquals(queues, OfQueues) ? this : new(_policies, _operatorPolicies, queues);
    }

    /// <summary>
    /// The same as <see cref="Match"/> and, if nothing has changed, the very value that there was; <paramref
    /// name="shared"/> are those made so far.
    /// </summary>
    internal EffectivePolicy? MatchAgain(
        string queue, QueueType type, EffectivePolicy? before,
        Dictionary<(Policy?, Policy?), EffectivePolicy> shared)
    {
        Policy? policy = First(_policies, candidate => candidate.Matches(queue, type));
        Policy? operatorPolicy = First(_operatorPolicies, candidate => candidate.Matches(queue, type));
        return before?.IsOf(policy, operatorPolicy) == true ? before : Merge(policy, operatorPolicy, shared);
    }

    private VhostPolicies With(ImmutableArray<Policy> all, bool isOperators) => isOperators
        ? new(_policies, all, OfQueues)
        : new(all, _operatorPolicies, OfQueues);

    private static bool IsAskedBefore(Policy one, Policy other) =>
        one.Priority != other.Priority
            ? one.Priority > other.Priority
            : string.CompareOrdinal(one.Name, other.Name) < 0;

    private static Policy? First(ImmutableArray<Policy> policies, Predicate<Policy> matches)
    {
        foreach (Policy policy in policies)
        {
            if (matches(policy))
                return policy;
        }
        return null;
    }

    private static EffectivePolicy? Merge(
        Policy? policy, Policy? operatorPolicy, Dictionary<(Policy?, Policy?), EffectivePolicy>? shared)
    {
        if (policy is null && operatorPolicy is null)
            return null;
        if (shared?.TryGetValue((policy, operatorPolicy), out EffectivePolicy? made) == true)
            return made;
        var effective = new EffectivePolicy(policy, operatorPolicy);
        shared?.Add((policy, operatorPolicy), effective);
        return effective;
    }
}
