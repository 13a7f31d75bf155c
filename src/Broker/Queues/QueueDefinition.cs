using System.Collections.Immutable;
using Warren.Amqp;
using Warren.Cluster;

namespace Warren.Broker.Queues;

/// <summary>
/// What was declared: immutable, part of the topology snapshot, and what routing ends at. <see cref="Home"/> is where
/// its commands are posted.
/// </summary>
public sealed class QueueDefinition
{
    public required QueueId Id { get; init; }

    public required string Vhost { get; init; }

    public required string Name { get; init; }

    public QueueType Type { get; init; }

    public bool Durable { get; init; }

    public bool AutoDelete { get; init; }

    /// <summary>The connection that owns an exclusive queue; 0 is none.</summary>
    public long OwnerConnectionId { get; init; }

    /// <summary>The node session that it goes with, unless it survives a restart; 0 is none.</summary>
    public long OwnerSession { get; init; }

    /// <summary>
    /// The node that it lives on; none: this one, which is by itself. Of a replicated queue the first of
    /// <see cref="Members"/> that is in the cluster: who leads it its group knows.
    /// </summary>
    public NodeId HomeNode { get; init; }

    /// <summary>The members that a replicated queue began with, of which the first was to lead.</summary>
    public ImmutableArray<NodeId> Founders { get; init; } = [];

    /// <summary>
    /// The members that a replicated queue is to have; none: it is not replicated. Its own group follows them.
    /// </summary>
    public ImmutableArray<NodeId> Members { get; init; } = [];

    /// <summary>
    /// As many members it had when somebody said last which: nodes that are taken out of the cluster have others in
    /// their places, as long as there are any.
    /// </summary>
    public int WishedSize { get; init; }

    /// <summary>
    /// It is no queue to anybody but keeps what waits at this delayed exchange
    /// (docs/decisions/0018-replicated-delays.md); null: it is a queue.
    /// </summary>
    public string? DelaysOf { get; init; }

    /// <summary>Nobody sees it: see <see cref="DelaysOf"/>.</summary>
    public bool IsDelayStore => DelaysOf is not null;

    public bool IsReplicated => !Members.IsEmpty;

    /// <summary>
    /// It may be given members: it has some, or it lives on one node, for good and not for one connection.
    /// </summary>
    public bool MayHaveMembers => IsReplicated || (Durable && OwnerConnectionId == 0 && !HomeNode.IsNone);

    /// <summary>The nodes that have it, as far as the definitions know: its members, or its home.</summary>
    public ImmutableArray<NodeId> LivesOn => IsReplicated ? Members : [HomeNode];

    /// <summary>It lives on this node.</summary>
    public bool IsHere => !Home.IsRemote;

    /// <summary>
    /// Its messages are in the log of its home, or its members. An exclusive queue goes with its connection, durable or
    /// not; one that is replicated is kept like a durable one, since its members do not stop together.
    /// </summary>
    public bool SurvivesRestart => (Durable || IsReplicated) && OwnerConnectionId == 0;

    /// <summary>
    /// Whether the connection of this node owns it: an exclusive queue is always on its owner's node.
    /// </summary>
    public bool IsOwnedBy(long connectionId) => OwnerConnectionId == connectionId && !Home.IsRemote;

    public FieldTable Arguments { get; init; } = FieldTable.Empty;

    /// <summary>The queue itself, or its stand-in on this node.</summary>
    public QueueHome Home { get; init; } = null!;

    /// <summary>The same queue, of which it is known now where it lives.</summary>
    internal QueueDefinition LivingOn(NodeId node, QueueHome home) => With(node, home, Members, WishedSize);

    /// <summary>The same queue, which is to have these members.</summary>
    internal QueueDefinition WithMembers(ImmutableArray<NodeId> members, int wishedSize, NodeId node) =>
        With(node, Home, members, wishedSize);

    private QueueDefinition With(NodeId node, QueueHome home, ImmutableArray<NodeId> members, int wishedSize) => new()
    {
        Id = Id,
        Vhost = Vhost,
        Name = Name,
        Type = Type,
        Durable = Durable,
        AutoDelete = AutoDelete,
        OwnerConnectionId = OwnerConnectionId,
        OwnerSession = OwnerSession,
        HomeNode = node,
        Founders = Founders,
        Members = members,
        WishedSize = wishedSize,
        DelaysOf = DelaysOf,
        Arguments = Arguments,
        Home = home,
    };
}
