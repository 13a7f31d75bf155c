using Warren.Broker.Security;

namespace Warren.Broker.Administration;

/// <summary>An administrative operation that was refused, and changed nothing. The message is RabbitMQ's.</summary>
public sealed class AdministrationException(AdministrationFailure failure, string subject, string message)
    : Exception(message)
{
    public AdministrationFailure Failure { get; } = failure;

    /// <summary>What it is about, by <see cref="AdministrationFailure"/>; may be empty.</summary>
    public string Subject { get; } = subject;

    /// <summary>What is wrong with an invalid pattern; null for any other failure.</summary>
    public PatternError? Pattern { get; private init; }

    public static AdministrationException NoSuchUser(string name) =>
        new(AdministrationFailure.NoSuchUser, name, $"User \"{name}\" does not exist");

    public static AdministrationException NoSuchVhost(string name) =>
        new(AdministrationFailure.NoSuchVhost, name, $"Virtual host '{name}' does not exist");

    public static AdministrationException UserExists(string name) =>
        new(AdministrationFailure.AlreadyExists, name, $"User \"{name}\" already exists");

    public static AdministrationException NoParameter(string name) =>
        new(AdministrationFailure.NotFound, name, "Parameter does not exist");

    /// <summary>The node reaches no majority of the cluster.</summary>
    public static AdministrationException NotNow(string reason) =>
        new(AdministrationFailure.NotNow, "", Refusals.NotNowText(reason));

    public static AdministrationException Invalid(string message) =>
        new(AdministrationFailure.InvalidArgument, "", message);

    /// <summary>As RabbitMQ tells of everything that its validators find.</summary>
    public static AdministrationException ValidationFailed(params IEnumerable<string> reasons) =>
        Invalid($"Validation failed\n\n{string.Concat(reasons.Select(reason => reason + "\n"))}");

    public static AdministrationException InvalidRegexp(string pattern, PatternError error) =>
        new(AdministrationFailure.InvalidPattern, pattern,
            $"{{:invalid_regexp, '{pattern}', {{'{error.Reason}', {error.Offset}}}}}")
        { Pattern = error };
}
