namespace Warren.Broker.Tests.Cluster.Nodes;

/// <summary>Something has happened that must never happen.</summary>
internal sealed class NodesException(string message) : Exception(message);
