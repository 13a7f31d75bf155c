using Warren.Amqp;
using Warren.Broker.Arguments;
using Warren.Broker.Security;

namespace Warren.Broker.Policies;

/// <summary>Checks of single values of a policy's definition; each returns null, or RabbitMQ's text.</summary>
internal static class PolicyChecks
{
    public static Func<FieldValue, string?> Text(string what) =>
        value => value.Kind == FieldKind.LongString ? null : NotValid(value, what);

    public static Func<FieldValue, string?> Whole(string what) =>
        value => value.TryGetInteger(out _) ? null : NotValid(value, what);

    public static Func<FieldValue, string?> AtLeast(long least, string what) => Between(least, long.MaxValue, what);

    public static Func<FieldValue, string?> Between(long least, long most, string what) => value =>
        value.TryGetInteger(out long number) && number >= least && number <= most ? null : NotValid(value, what);

    public static Func<FieldValue, string?> OneOf(string what, params string[] words) => value =>
        value.Kind == FieldKind.LongString && words.Contains(value.AsText()) ? null : NotValid(value, what);

    public static string? MasterLocator(FieldValue value) =>
        value.Kind == FieldKind.LongString && value.AsText() is "client-local" or "min-masters" or "random"
            ? null
            : $"{ErlangTerm.Json(value)} invalid queue-master-locator value";

    public static string? MaxAge(FieldValue value) =>
        ArgumentChecks.MaxAge(value) is null ? null : NotValid(value, "max age");

    /// <summary>Of the federation plugin, which has other words.</summary>
    public static string? Binary(FieldValue value) =>
        value.Kind == FieldKind.LongString ? null : $"should be binary, actually was {ErlangTerm.Json(value)}";

    public static string? Pattern(FieldValue value)
    {
        if (value.Kind != FieldKind.LongString)
            return $"should be a binary but was {ErlangTerm.Json(value)}";
        return PatternError.Of(value.AsText()) is { } error
            ? $"should be regular expression but is invalid: {error.ToErlang()}"
            : null;
    }

    private static string NotValid(FieldValue value, string what) => $"{ErlangTerm.Json(value)} is not a valid {what}";
}
