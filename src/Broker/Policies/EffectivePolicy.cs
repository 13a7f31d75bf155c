using Warren.Amqp;

namespace Warren.Broker.Policies;

/// <summary>
/// What is in force for a queue or an exchange: the one policy and the one operator policy that match it best, merged.
/// Immutable; the same value is shared by all that have the same two.
/// </summary>
public sealed class EffectivePolicy
{
    /// <summary>At least one of the two.</summary>
    public EffectivePolicy(Policy? policy, Policy? operatorPolicy)
    {
        Policy = policy;
        OperatorPolicy = operatorPolicy;
        Definition = PolicyMerge.Of(policy?.Definition, operatorPolicy?.Definition);
    }

    public Policy? Policy { get; }

    public Policy? OperatorPolicy { get; }

    /// <summary>
    /// The two definitions merged, sorted by key: <c>effective_policy_definition</c>. Not to be changed.
    /// </summary>
    public FieldTable Definition { get; }

    /// <summary>Whether it is what these two would make.</summary>
    internal bool IsOf(Policy? policy, Policy? operatorPolicy) =>
        ReferenceEquals(Policy, policy) && ReferenceEquals(OperatorPolicy, operatorPolicy);
}
