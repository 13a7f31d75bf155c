namespace Warren.Server.Cluster;

/// <summary>A node is not to go on alone; the message says why, to an operator.</summary>
internal sealed class ForcedBootException(string message) : Exception(message);
