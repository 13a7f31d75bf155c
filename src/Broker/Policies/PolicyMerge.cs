using Warren.Amqp;

namespace Warren.Broker.Policies;

/// <summary>
/// How a policy and an operator policy with the same key go together, by RabbitMQ's rules: the lower limit, the more
/// copies, else the operator's word. Pure.
/// </summary>
internal static class PolicyMerge
{
    /// <summary>The keys of both, sorted.</summary>
    public static FieldTable Of(FieldTable? policy, FieldTable? operatorPolicy)
    {
        if (policy is null || operatorPolicy is null)
            return policy ?? operatorPolicy ?? FieldTable.Empty;
        FieldTable merged = policy.Clone();
        foreach ((string key, FieldValue wanted) in operatorPolicy)
        {
            merged.Set(key, merged.TryGetValue(key, out FieldValue present)
                && PolicyKey.Find(key)?.OperatorMerge is { } merge
                    ? merge(present, wanted)
                    : wanted);
        }
        return SortedFields.Of(merged);
    }

    public static FieldValue Lower(FieldValue policy, FieldValue operatorPolicy) =>
        Number(policy) <= Number(operatorPolicy) ? policy : operatorPolicy;

    public static FieldValue Higher(FieldValue policy, FieldValue operatorPolicy) =>
        Number(policy) >= Number(operatorPolicy) ? policy : operatorPolicy;

    public static FieldValue Operators(FieldValue policy, FieldValue operatorPolicy) => operatorPolicy;

    /// <summary>A limit below 0 is none, and any limit is stricter.</summary>
    public static FieldValue LowerLimit(FieldValue policy, FieldValue operatorPolicy) =>
        Number(policy) < 0 || Number(operatorPolicy) < 0
            ? Higher(policy, operatorPolicy)
            : Lower(policy, operatorPolicy);

    /// <summary>ha-mode: all before exactly before nodes.</summary>
    public static FieldValue MirrorMode(FieldValue policy, FieldValue operatorPolicy) =>
        Copies(policy) >= Copies(operatorPolicy) ? policy : operatorPolicy;

    /// <summary>ha-params: a number before a list, then the higher one, or the longer.</summary>
    public static FieldValue MirrorParameters(FieldValue policy, FieldValue operatorPolicy)
    {
        bool isNumber = policy.TryGetInteger(out _);
        if (isNumber && operatorPolicy.TryGetInteger(out _))
            return Higher(policy, operatorPolicy);
        if (isNumber || operatorPolicy.TryGetInteger(out _))
            return isNumber ? policy : operatorPolicy;
        return Length(policy) > Length(operatorPolicy) ? policy : operatorPolicy;
    }

    private static long Number(FieldValue value) => value.TryGetInteger(out long number) ? number : 0;

    private static int Length(FieldValue value) => value.Kind == FieldKind.Array ? value.AsArray().Count : 0;

    private static int Copies(FieldValue mode) => mode.ToString() switch
    {
        "all" => 2,
        "exactly" => 1,
        _ => 0,
    };
}
