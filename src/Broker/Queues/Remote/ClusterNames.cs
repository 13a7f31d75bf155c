using System.Collections.Concurrent;
using Warren.Broker.Definitions.Entries;
using Warren.Cluster;

namespace Warren.Broker.Queues.Remote;

/// <summary>
/// What nodes are called, those too that were members once: the queues of a node that was forgotten are still its.
/// Any thread.
/// </summary>
internal sealed class ClusterNames(MessageBroker broker)
{
    private readonly ConcurrentDictionary<NodeId, string> _known = new();

    /// <summary>What people call the node; its identity if it has no name that this process has heard.</summary>
    public string Of(NodeId node)
    {
        if (broker.Nodes.Members.TryGetValue(node, out MemberEntry? member) && member.Name.Length > 0)
            return _known[node] = member.Name;
        return _known.GetValueOrDefault(node) ?? node.ToString();
    }
}
