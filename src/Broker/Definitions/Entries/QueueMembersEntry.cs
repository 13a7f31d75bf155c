using System.Collections.Immutable;
using Warren.Amqp;
using Warren.Broker.Queues;
using Warren.Cluster;

namespace Warren.Broker.Definitions.Entries;

/// <summary>
/// Says which members a replicated queue is to have from now on, in the place of those that it was founded with or of
/// those that were said last. Its own group follows: who leads it adds and removes one after another. A queue that has
/// lived on one node becomes a replicated one: its home alone is named first, which takes it over, and others when that
/// leads. Goes with the queue.
/// </summary>
internal sealed record QueueMembersEntry : DefinitionsEntry
{
    /// <summary>Members that an entry may name; consensus has no more that vote.</summary>
    public const int Most = 7;

    public required string Vhost { get; init; }

    public required string Name { get; init; }

    /// <summary>The queue's id: one that is declared under the same name later is another.</summary>
    public required long Queue { get; init; }

    /// <summary>The first is the one that it is shown on while it is in the cluster.</summary>
    public required ImmutableArray<NodeId> Members { get; init; }

    /// <summary>See <see cref="QueueDefinition.WishedSize"/>.</summary>
    public required int WishedSize { get; init; }

    public override DefinitionKey Key => DefinitionKey.OfQueueMembers(Vhost, Name);

    public override byte FormatVersion => EntryFormat.WithWishes;

    public static QueueMembersEntry Read(EntryFields fields)
    {
        ImmutableArray<NodeId> members = QueueEntry.ReadMembers(fields.Words("members"));
        long size = fields.Number("size");
        if (members.Length > Most || size is < 1 or > Most)
            throw new FormatException($"wishes for {members.Length} members of {size}; a queue may have {Most}");
        return new QueueMembersEntry
        {
            Vhost = fields.Text("vhost"),
            Name = fields.Text("name"),
            Queue = fields.Number("queue"),
            Members = members,
            WishedSize = (int)size,
        };
    }

    public override bool IsDurable(DefinitionsDraft draft) => true;

    public override bool ChangesNothing(DefinitionsDraft draft) => Find(draft) is { } queue
        && queue.Members.SequenceEqual(Members) && queue.WishedSize == WishedSize;

    public override DefinitionKey? Missing(DefinitionsDraft draft) =>
        Find(draft) is null ? DefinitionKey.OfQueue(Vhost, Name) : null;

    // What is not in the cluster could never become a member.
    public override bool Conflicts(DefinitionsDraft draft) => Find(draft) is null
        || Members.Any(member => !draft.Nodes.Members.ContainsKey(member));

    public override void Apply(DefinitionsDraft draft, long index)
    {
        if (Find(draft) is { } queue)
            draft.SetMembers(queue, Members, WishedSize, index);
    }

    public override void Write(FieldTable fields)
    {
        fields.Add("vhost", FieldValue.Of(Vhost));
        fields.Add("name", FieldValue.Of(Name));
        fields.Add("queue", FieldValue.Of(Queue));
        fields.Add("members", QueueEntry.ValueOf(Members));
        fields.Add("size", FieldValue.Of((long)WishedSize));
    }

    private QueueDefinition? Find(DefinitionsDraft draft) =>
        draft.FindVhost(Vhost)?.TryFindQueueOrStore(Name, out QueueDefinition? queue) == true
        && queue.Id.Value == Queue && queue.MayHaveMembers
            ? queue
            : null;
}
