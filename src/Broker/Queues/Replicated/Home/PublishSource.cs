using Warren.Cluster;

namespace Warren.Broker.Queues.Replicated;

/// <summary>
/// Whose numbers publishes to a replicated queue bear: they rise for as long as this process of the node lives.
/// </summary>
/// <param name="Node">The node of the publishers.</param>
/// <param name="Process">Its process, or the broker's part of it; 0: nobody's.</param>
public readonly record struct PublishSource(NodeId Node, long Process);
