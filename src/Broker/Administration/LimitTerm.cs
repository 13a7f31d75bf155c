using Warren.Amqp;
using Warren.Broker.Security;

namespace Warren.Broker.Administration;

/// <summary>Limits as objects, as RabbitMQ keeps, lists and exports them. A limit below 0 is none.</summary>
public static class LimitTerm
{
    internal const string MaxConnections = "max-connections";
    internal const string MaxChannels = "max-channels";
    internal const string MaxQueues = "max-queues";

    public static FieldTable Of(UserLimits limits) =>
        Of((MaxConnections, limits.MaxConnections), (MaxChannels, limits.MaxChannels));

    public static FieldTable Of(VhostLimits limits) =>
        Of((MaxConnections, limits.MaxConnections), (MaxQueues, limits.MaxQueues));

    /// <exception cref="AdministrationException">What is wrong, without a heading, as RabbitMQ has it here.</exception>
    internal static UserLimits ReadUser(FieldTable term, UserLimits present)
    {
        var checks = new TermChecks("user-limits", term);
        long? connections = Read(checks, MaxConnections, present.MaxConnections);
        long? channels = Read(checks, MaxChannels, present.MaxChannels);
        IReadOnlyList<string> errors = checks.Finish();
        return errors.Count > 0
            ? throw AdministrationException.Invalid(string.Join('\n', errors))
            : new UserLimits(connections, channels);
    }

    /// <exception cref="AdministrationException">What is wrong.</exception>
    internal static VhostLimits ReadVhost(FieldTable term, VhostLimits present)
    {
        var checks = new TermChecks("limits", term);
        long? connections = Read(checks, MaxConnections, present.MaxConnections);
        long? queues = Read(checks, MaxQueues, present.MaxQueues);
        IReadOnlyList<string> errors = checks.Finish();
        return errors.Count > 0
            ? throw AdministrationException.ValidationFailed(errors)
            : new VhostLimits(connections, queues);
    }

    private static long? Read(TermChecks checks, string key, long? present)
    {
        if (checks.Optional(key) is not { } value)
            return present;
        return checks.Integer(key, value) is var limit and >= 0 ? limit : null;
    }

    private static FieldTable Of(params ReadOnlySpan<(string Key, long? Limit)> limits)
    {
        var table = new FieldTable();
        foreach ((string key, long? limit) in limits)
        {
            if (limit is { } number)
                table.Add(key, FieldValue.Of(number));
        }
        return table;
    }
}
