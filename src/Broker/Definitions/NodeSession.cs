using Warren.Cluster;

namespace Warren.Broker.Definitions;

/// <summary>A node's time of service, as the definitions know it.</summary>
/// <param name="Id">The index of its entry.</param>
/// <param name="Node">Whose.</param>
/// <param name="Boot">Which start of its data directory.</param>
/// <param name="Epoch">Which session of that start.</param>
internal sealed record NodeSession(long Id, NodeId Node, long Boot, long Epoch);
