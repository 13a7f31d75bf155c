using Warren.Amqp;
using Warren.Broker.Arguments;

namespace Warren.Broker.Policies;

/// <summary>RabbitMQ 3.13's rules for what a policy's definition may hold, in its words. Pure.</summary>
internal static class PolicyRules
{
    /// <summary>Null, or the first thing that is wrong: a value before a key that is not known.</summary>
    public static string? Check(FieldTable definition, bool isOperators)
    {
        if (definition.Count == 0)
            return "no policy provided";
        FieldTable sorted = SortedFields.Of(definition);
        var unknown = new List<string>();
        string? wrong = MirrorChecks.Check(sorted);
        foreach ((string name, FieldValue value) in sorted)
        {
            if (PolicyKey.Find(name) is not { } key || (isOperators && !key.IsForOperators))
                unknown.Add($"{{{ErlangTerm.Text(name)},{ErlangTerm.Json(value)}}}");
            else if (wrong is null && key.Check?.Invoke(value) is { } reason)
                wrong = name.StartsWith("federation-", StringComparison.Ordinal) ? $"{name} {reason}" : reason;
        }
        wrong ??= CheckDelayedRetry(sorted);
        if (wrong is not null)
            return wrong;
        return unknown.Count == 0 ? null : $"[{string.Join(',', unknown)}] are not recognised policy settings";
    }

    /// <summary>What of a definition is kept and has no effect yet, each with the part that it waits for.</summary>
    public static IEnumerable<(string Key, string WaitsFor)> WithoutEffect(FieldTable definition)
    {
        foreach ((string name, _) in definition)
        {
            if (PolicyKey.Find(name)?.WaitsFor is { } part)
                yield return (name, part);
        }
    }

    // Of 4.x.
    private static string? CheckDelayedRetry(FieldTable definition)
    {
        bool hasLeast = definition.TryGetValue("delayed-retry-min", out FieldValue least);
        if (!hasLeast && definition.TryGetValue("delayed-retry-type", out FieldValue type)
            && type.AsText() is var word and not "disabled")
            return $"delayed-retry-min is required when delayed-retry-type is {word}";
        return hasLeast && definition.TryGetValue("delayed-retry-max", out FieldValue most)
            && ArgumentChecks.Number(most) < ArgumentChecks.Number(least)
            ? $"delayed-retry-max ({most}) must not be smaller than delayed-retry-min ({least})"
            : null;
    }
}
