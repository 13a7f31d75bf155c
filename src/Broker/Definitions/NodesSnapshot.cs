using System.Collections.Immutable;
using Warren.Broker.Definitions.Entries;
using Warren.Broker.Queues;
using Warren.Cluster;

namespace Warren.Broker.Definitions;

/// <summary>
/// What the definitions say of the cluster's nodes: their names, and which of them serve. Immutable.
/// </summary>
internal sealed record NodesSnapshot
{
    public static NodesSnapshot Empty { get; } = new();

    public ImmutableSortedDictionary<NodeId, MemberEntry> Members { get; private init; } =
        ImmutableSortedDictionary<NodeId, MemberEntry>.Empty;

    /// <summary>One of each node at most.</summary>
    public ImmutableSortedDictionary<NodeId, NodeSession> Sessions { get; private init; } =
        ImmutableSortedDictionary<NodeId, NodeSession>.Empty;

    /// <summary>Nodes that were members once, and were taken out by somebody: for what is said about them.</summary>
    public ImmutableSortedDictionary<NodeId, ForgottenEntry> Forgotten { get; private init; } =
        ImmutableSortedDictionary<NodeId, ForgottenEntry>.Empty;

    /// <summary>Where queues live whose entries name no home; none: where they are found.</summary>
    public NodeId HomeOfHomeless { get; init; }

    /// <summary>The session that all present ones go back to; 0: there is none.</summary>
    public long Incarnation { get; private init; }

    public NodesSnapshot With(MemberEntry member) => this with { Members = Members.SetItem(member.Node, member) };

    public NodesSnapshot WithoutMember(NodeId node) => this with { Members = Members.Remove(node) };

    public NodesSnapshot With(ForgottenEntry node) => this with { Forgotten = Forgotten.SetItem(node.Node, node) };

    public NodesSnapshot WithoutForgotten(NodeId node) => this with { Forgotten = Forgotten.Remove(node) };

    public NodesSnapshot With(NodeSession session, long incarnation) => this with
    {
        Sessions = Sessions.SetItem(session.Node, session),
        Incarnation = incarnation,
    };

    public NodesSnapshot WithoutSession(NodeId node) => this with { Sessions = Sessions.Remove(node) };

    /// <summary>
    /// What is shown as the home of a queue with these members: the first that is in the cluster; when none is, the
    /// first.
    /// </summary>
    public NodeId HomeOf(ImmutableArray<NodeId> members)
    {
        foreach (NodeId member in members)
        {
            if (Members.ContainsKey(member))
                return member;
        }
        return members[0];
    }

    /// <summary>The queue lives on this node, and on no other node of the cluster.</summary>
    public bool IsOnlyOn(QueueDefinition queue, NodeId node) => queue.IsReplicated
        ? queue.Members.Contains(node) && !queue.Members.Any(one => one != node && Members.ContainsKey(one))
        : queue.HomeNode == node;

    /// <summary>Whether the session goes on.</summary>
    public bool IsOpen(long session)
    {
        foreach ((_, NodeSession one) in Sessions)
        {
            if (one.Id == session)
                return true;
        }
        return false;
    }
}
