namespace Warren.Cluster.Identity;

/// <summary>
/// A data directory does not say whose it is, or says what cannot be; the message is for the operator.
/// </summary>
public sealed class IdentityException(string message) : Exception(message);
