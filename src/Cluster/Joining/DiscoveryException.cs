namespace Warren.Cluster.Joining;

/// <summary>Peers cannot be found now; the message says why, for an operator.</summary>
public sealed class DiscoveryException(string message, Exception? cause = null) : Exception(message, cause);
