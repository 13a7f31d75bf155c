using Warren.Amqp;
using Warren.Broker.Arguments;

namespace Warren.Broker.Policies;

/// <summary>The keys of mirrored queues, which are checked together (rabbit_mirror_queue_misc of 3.13).</summary>
internal static class MirrorChecks
{
    private static readonly string[] Keys =
    [
        "ha-mode", "ha-params", "ha-sync-mode", "ha-sync-batch-size", "ha-promote-on-shutdown", "ha-promote-on-failure",
    ];

    /// <summary>Null, or what is wrong.</summary>
    public static string? Check(FieldTable definition)
    {
        if (!Keys.Any(definition.ContainsKey))
            return null;
        if (!definition.TryGetValue("ha-mode", out FieldValue mode))
            return "ha-mode must be specified to specify ha-params, ha-sync-mode or ha-promote-on-shutdown";
        return CheckMode(mode, Find(definition, "ha-params"))
            ?? CheckWord(definition, "ha-sync-mode", "\"manual\" or \"automatic\"", "manual", "automatic")
            ?? CheckBatch(Find(definition, "ha-sync-batch-size"))
            ?? CheckWord(
                definition, "ha-promote-on-shutdown", "\"always\" or \"when-synced\"", "always", "when-synced")
            ?? CheckWord(
                definition, "ha-promote-on-failure", "\"always\" or \"when-synced\"", "always", "when-synced");
    }

    private static FieldValue? Find(FieldTable definition, string key) =>
        definition.TryGetValue(key, out FieldValue value) ? value : null;

    private static string? CheckMode(FieldValue mode, FieldValue? parameters)
    {
        string? word = mode.Kind == FieldKind.LongString ? mode.AsText() : null;
        return word switch
        {
            "all" => parameters is null ? null : "ha-mode=\"all\" does not take parameters",
            "exactly" => parameters is { } number && number.TryGetInteger(out long count) && count > 0
                ? null
                : $"ha-mode=\"exactly\" takes an integer, {Given(parameters)} given",
            "nodes" => CheckNodes(parameters),
            _ => $"{ErlangTerm.Json(mode)} is not a valid ha-mode value",
        };
    }

    private static string? CheckNodes(FieldValue? parameters)
    {
        if (parameters is not { Kind: FieldKind.Array } list)
            return $"ha-mode=\"nodes\" takes a list, {Given(parameters)} given";
        if (list.AsArray().Count == 0)
            return "ha-mode=\"nodes\" list must be non-empty";
        FieldValue[] invalid = [.. list.AsArray().Where(node => node.Kind != FieldKind.LongString)];
        return invalid.Length == 0
            ? null
            : "ha-mode=\"nodes\" takes a list of strings, "
                + $"{ErlangTerm.Json(FieldValue.Of(new FieldArray(invalid)))} was not a string";
    }

    private static string? CheckBatch(FieldValue? size) =>
        size is null || (size.Value.TryGetInteger(out long messages) && messages > 0)
            ? null
            : $"ha-sync-batch-size takes an integer greater than 0, {Given(size)} given";

    private static string? CheckWord(FieldTable definition, string key, string expected, params string[] words)
    {
        if (Find(definition, key) is not { } value)
            return null;
        return value.Kind == FieldKind.LongString && words.Contains(value.AsText())
            ? null
            : $"{key} must be {expected}, got {ErlangTerm.Json(value)}";
    }

    private static string Given(FieldValue? value) => value is { } given ? ErlangTerm.Json(given) : "none";
}
