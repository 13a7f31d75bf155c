namespace Warren.Broker.Administration;

/// <summary>Why an administrative operation was refused; what exit code or status that is, the caller knows.</summary>
public enum AdministrationFailure
{
    /// <summary>The subject is the user's name.</summary>
    NoSuchUser,

    /// <summary>The subject is the vhost's name.</summary>
    NoSuchVhost,

    /// <summary>A policy or a parameter of that name. The subject is its name.</summary>
    NotFound,

    /// <summary>The subject is the user's name.</summary>
    AlreadyExists,

    /// <summary>
    /// A pattern, the subject, is no regular expression: <see cref="AdministrationException.Pattern"/> says why.
    /// </summary>
    InvalidPattern,

    /// <summary>
    /// Definitions cannot be changed now: the message says what is missing. It may have been made all the same.
    /// </summary>
    NotNow,

    /// <summary>A value cannot be; the message is RabbitMQ's, its line breaks included.</summary>
    InvalidArgument,
}
