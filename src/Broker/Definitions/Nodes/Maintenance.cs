using System.Collections.Immutable;
using Warren.Cluster;

namespace Warren.Broker.Definitions.Nodes;

/// <summary>
/// Which nodes are under maintenance, or about to stop, as each says of itself (<see cref="NodeWord"/>): queues,
/// members and leaders are placed on others while there are any. Read on any thread; what other nodes say is written by
/// the definitions' turn.
/// </summary>
/// <param name="self">This node.</param>
internal sealed class Maintenance(NodeId self)
{
    private ImmutableHashSet<NodeId> _others = [];
    private volatile bool _isOwn;

    /// <summary>This node is.</summary>
    public bool IsOwn
    {
        get => _isOwn;
        set => _isOwn = value;
    }

    /// <summary>Another node has said how it is. One that does not say anything is not known to be.</summary>
    public void Note(NodeId node, bool isUnder)
    {
        ImmutableHashSet<NodeId> others = _others;
        if (others.Contains(node) != isUnder)
            Volatile.Write(ref _others, isUnder ? others.Add(node) : others.Remove(node));
    }

    public bool Includes(NodeId node) => node == self ? IsOwn : Volatile.Read(ref _others).Contains(node);
}
