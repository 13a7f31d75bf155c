using Warren.Cluster;

namespace Warren.Broker.Queues.Remote;

/// <summary>
/// Who belongs to the cluster, for placing queues and for naming nodes. Part of the seam of peers: the server has it
/// from the membership, tests make their own. Any thread.
/// </summary>
public interface IClusterMembers
{
    /// <summary>Members that can take a queue now, this node among them, in an order that all nodes agree on.</summary>
    IReadOnlyList<NodeId> Live { get; }

    /// <summary>What people call the node; its identity if it has no known name.</summary>
    string NameOf(NodeId node);
}
