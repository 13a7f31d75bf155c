using System.Collections.Immutable;
using Warren.Amqp;
using Warren.Broker.Arguments;
using Warren.Broker.Policies;
using Warren.Broker.Queues;
using Warren.Broker.Queues.Remote;
using Warren.Broker.Topology;
using Warren.Cluster;

namespace Warren.Broker.Definitions.Entries;

/// <summary>
/// Makes a queue; the entry's index is its id. What was checked when it was declared is not checked again: its settings
/// are worked out from its arguments, from the policies that there are, and from the node's options of today.
/// </summary>
internal sealed record QueueEntry : DefinitionsEntry
{
    private readonly FieldTable _arguments = FieldTable.Empty;
    private readonly NodeId _homeNode;

    public required string Vhost { get; init; }

    public required string Name { get; init; }

    public QueueType Type { get; init; }

    public bool Durable { get; init; }

    public bool AutoDelete { get; init; }

    /// <summary>The connection that owns an exclusive queue; 0 is none.</summary>
    public long OwnerConnectionId { get; init; }

    /// <summary>
    /// The node that the queue lives on; none: the one that <see cref="HomesEntry"/> names, or, without one, the node
    /// whose log the entry is in, which is by itself. Of a replicated queue the first of <see cref="Members"/>.
    /// </summary>
    public NodeId HomeNode
    {
        get => Members.IsEmpty ? _homeNode : Members[0];
        init => _homeNode = value;
    }

    /// <summary>
    /// The first members of a replicated queue, of which the first is to lead; none: it is not replicated. Who is to be
    /// a member later <see cref="QueueMembersEntry"/> says. It is made only if all of them are in the cluster.
    /// </summary>
    public ImmutableArray<NodeId> Members { get; init; } = [];

    /// <summary>
    /// The node session that it goes with: of the owner, or of the home of a queue that is not durable; 0: none.
    /// </summary>
    public long OwnerSession { get; init; }

    /// <summary>It is made only if that leaves the vhost within its limit.</summary>
    public bool WithinLimit { get; init; }

    /// <summary>It is made only if its home is a member: it would live nowhere.</summary>
    public bool OfMember { get; init; }

    /// <inheritdoc cref="QueueDefinition.DelaysOf"/>
    public string? DelaysOf { get; init; }

    public override byte FormatVersion => DelaysOf is not null
        ? EntryFormat.WithDelayStores
        : !Members.IsEmpty
        ? EntryFormat.WithReplicas
        : OfMember ? EntryFormat.WithMembers
        : HomeNode.IsNone ? base.FormatVersion : EntryFormat.WithHomeNode;

    public override DefinitionKey Key => DefinitionKey.OfQueue(Vhost, Name);

    public override FieldTable Arguments => _arguments;

    /// <summary>As <see cref="ValidQueue"/> has them.</summary>
    public required FieldTable DeclaredArguments
    {
        init => _arguments = value;
    }

    public static QueueEntry Read(EntryFields fields, FieldTable arguments)
    {
        string type = fields.Text("type");
        return new QueueEntry
        {
            Vhost = fields.Text("vhost"),
            Name = fields.Text("name"),
            Type = QueueTypes.TryParse(type, out QueueType known)
                ? known
                : throw new FormatException($"makes a queue of the type '{type}', which is not known"),
            Durable = fields.Flag("durable"),
            AutoDelete = fields.Flag("auto-delete"),
            HomeNode = fields.OptionalText("home-node") is { } home ? ReadNode(home) : NodeId.None,
            Members = fields.OptionalWords("members") is { } members ? ReadMembers(members) : [],
            OwnerConnectionId = fields.OptionalNumber("connection") ?? 0,
            OwnerSession = fields.OptionalNumber("session") ?? 0,
            WithinLimit = fields.Flag("within-limit"),
            OfMember = fields.Flag("of-member"),
            DelaysOf = fields.OptionalText("delays-of"),
            DeclaredArguments = arguments,
        };
    }

    /// <inheritdoc cref="QueueDefinition.SurvivesRestart"/>
    public bool SurvivesRestart => (Durable || !Members.IsEmpty) && OwnerConnectionId == 0;

    public override bool IsDurable(DefinitionsDraft draft) => SurvivesRestart;

    public override bool ChangesNothing(DefinitionsDraft draft) =>
        draft.FindVhost(Vhost)?.TryFindQueueOrStore(Name, out _) == true;

    // Another may have taken the name. Who declares what is there is told so, if it is what he declares.
    public override bool IsDone(DefinitionsDraft draft) => false;

    public override DefinitionKey? Missing(DefinitionsDraft draft) => draft.UnlessVhost(Vhost);

    public override bool Conflicts(DefinitionsDraft draft) => Missing(draft) is not null
        || (WithinLimit && draft.VhostOf(Vhost).Queues.Count >= draft.Security.LimitsOf(Vhost).MaxQueues)
        || (OfMember && !draft.Nodes.Members.ContainsKey(HomeNode))
        || Members.Any(member => !draft.Nodes.Members.ContainsKey(member))
        || (OwnerSession != 0 && !draft.Nodes.IsOpen(OwnerSession));

    public override void Apply(DefinitionsDraft draft, long index)
    {
        Vhost vhost = draft.VhostOf(Vhost);
        EffectivePolicy? policy = DelaysOf is null ? vhost.Policies.Match(Name, Type) : null;
        QueueSettings settings = PolicySettings.Of(Type, AutoDelete, Arguments, policy, draft.Broker.Options);
        QueueHome? present = draft.FindHome(index);
        NodeId homeNode = HomeNode.IsNone ? draft.Nodes.HomeOfHomeless : HomeNode;
        if (!Members.IsEmpty)
            homeNode = draft.Nodes.HomeOf(Members);
        QueueHome home = present ?? MakeHome(draft.Broker, homeNode, settings);
        home.Definition = new QueueDefinition
        {
            Id = new QueueId(index),
            Vhost = Vhost,
            Name = Name,
            Type = Type,
            Durable = Durable,
            AutoDelete = AutoDelete,
            OwnerConnectionId = OwnerConnectionId,
            OwnerSession = OwnerSession,
            HomeNode = homeNode,
            Founders = Members,
            Members = Members,
            WishedSize = Members.Length,
            DelaysOf = DelaysOf,
            Arguments = Arguments,
            Home = home,
        };
        draft.Put(vhost.WithQueue(home.Definition).WithPolicies(
            DelaysOf is null ? vhost.Policies.WithQueue(Name, policy) : vhost.Policies));
        draft.QueuesMade.Add(home.Definition);
        if (present is not null)
            draft.QueuesConfigured[home.Definition] = settings;
    }

    public override void Write(FieldTable fields)
    {
        fields.Add("vhost", FieldValue.Of(Vhost));
        fields.Add("name", FieldValue.Of(Name));
        fields.Add("type", FieldValue.Of(QueueTypes.NameOf(Type)));
        fields.Add("durable", FieldValue.Of(Durable));
        fields.Add("auto-delete", FieldValue.Of(AutoDelete));
        if (!Members.IsEmpty)
            fields.Add("members", ValueOf(Members));
        else if (!HomeNode.IsNone)
            fields.Add("home-node", ValueOf(HomeNode));
        if (OwnerConnectionId != 0)
            fields.Add("connection", FieldValue.Of(OwnerConnectionId));
        if (OwnerSession != 0)
            fields.Add("session", FieldValue.Of(OwnerSession));
        if (WithinLimit)
            fields.Add("within-limit", FieldValue.Of(true));
        if (OfMember)
            fields.Add("of-member", FieldValue.Of(true));
        if (DelaysOf is not null)
            fields.Add("delays-of", FieldValue.Of(DelaysOf));
    }

    /// <summary>Members as they are in an entry.</summary>
    public static FieldValue ValueOf(ImmutableArray<NodeId> members) =>
        FieldValue.Of(new FieldArray([.. members.Select(ValueOf)]));

    /// <exception cref="FormatException">They are no identities, or none, or one is named twice.</exception>
    public static ImmutableArray<NodeId> ReadMembers(ImmutableArray<string> members)
    {
        ImmutableArray<NodeId> nodes = [.. members.Select(ReadNode)];
        return nodes.Length > 0 && nodes.Distinct().Count() == nodes.Length
            ? nodes
            : throw new FormatException($"makes a queue with the members '{string.Join(' ', members)}'");
    }

    private QueueHome MakeHome(MessageBroker broker, NodeId homeNode, QueueSettings settings)
    {
        if (!Members.IsEmpty && broker.Replication is { } replication)
            return replication.MakeHome(broker, Vhost, settings, Members);
        return broker.QueueLinks is { } links && !homeNode.IsNone && homeNode != links.Self
            ? new RemoteQueue(broker, links, homeNode, settings)
            : new Queue(broker, settings);
    }

    private static FieldValue ValueOf(NodeId node) => FieldValue.Of(node.Value.ToString("N"));

    private static NodeId ReadNode(string text) => Guid.TryParseExact(text, "N", out Guid node)
        ? new NodeId(node)
        : throw new FormatException($"makes a queue on the node '{text}', which is no identity");
}
