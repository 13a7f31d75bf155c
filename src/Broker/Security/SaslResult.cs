using Warren.Amqp;

namespace Warren.Broker.Security;

/// <summary>
/// The result of one start-ok. What the client is told never says which part was wrong; the log does.
/// </summary>
public sealed class SaslResult
{
    private SaslResult(SaslOutcome outcome, User? user, string? attemptedName, string logText, AmqpException? error)
    {
        Outcome = outcome;
        User = user;
        AttemptedName = attemptedName;
        LogText = logText;
        Error = error;
    }

    public SaslOutcome Outcome { get; }

    /// <summary>Set when accepted.</summary>
    public User? User { get; }

    /// <summary>The name that was tried, when one could be read: for the log and for counting attempts.</summary>
    public string? AttemptedName { get; }

    /// <summary>Why it was refused, in RabbitMQ's words; empty when it was not.</summary>
    public string Reason { get; private init; } = "";

    /// <summary>One sentence for the log; empty when accepted. Holds no password.</summary>
    public string LogText { get; }

    /// <summary>
    /// What to close the connection with, when not accepted: 403 for refused (sent only to clients with the capability
    /// <c>authentication_failure_close</c>; others find the socket closed), 502 for malformed.
    /// </summary>
    public AmqpException? Error { get; }

    internal static SaslResult Accepted(User user) => new(SaslOutcome.Accepted, user, user.Name, "", null);

    internal static SaslResult Refused(SaslMechanism mechanism, string? attemptedName, string reason)
    {
        string name = SaslMechanismNames.Of(mechanism);
        return new SaslResult(
            SaslOutcome.Refused,
            null,
            attemptedName,
            $"{name} login refused: {reason}",
            new AmqpException(
                ReplyCode.AccessRefused,
                $"Login was refused using authentication mechanism {name}. For details see the broker logfile."))
        { Reason = reason };
    }

    internal static SaslResult Malformed(string reason) =>
        new(SaslOutcome.Malformed, null, null, reason, new AmqpException(ReplyCode.SyntaxError, reason));
}
