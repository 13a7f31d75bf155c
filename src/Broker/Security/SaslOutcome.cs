namespace Warren.Broker.Security;

/// <summary>How an attempt to log in ended.</summary>
public enum SaslOutcome
{
    /// <summary>The user is known and proved it.</summary>
    Accepted,

    /// <summary>Wrong name, password, certificate or place.</summary>
    Refused,

    /// <summary>The response is not what the mechanism prescribes.</summary>
    Malformed,
}
