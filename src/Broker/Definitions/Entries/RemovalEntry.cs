using Warren.Amqp;
using Warren.Broker.Delays;
using Warren.Broker.Exchanges;
using Warren.Broker.Queues;
using Warren.Broker.Topology;
using Warren.Cluster;

namespace Warren.Broker.Definitions.Entries;

/// <summary>
/// Takes a definition away, with all that cannot be without it: the bindings of an exchange or a queue, the auto-delete
/// exchanges that lose their last binding, the rights of a user, everything in a vhost.
/// </summary>
internal sealed record RemovalEntry(DefinitionKey Removed) : DefinitionsEntry
{
    /// <summary>
    /// The exchange goes only if nothing is bound to it, the member only if no durable queue lives on it, what keeps
    /// delayed messages only if there is no such exchange.
    /// </summary>
    public bool IfUnused { get; init; }

    /// <summary>The session goes only if it is this one; 0: whichever it is.</summary>
    public long Session { get; init; }

    /// <summary>With the member go the queues that live on it, durable or not.</summary>
    public bool WithQueues { get; init; }

    public override DefinitionKey Key => Removed;

    public override bool Removes => true;

    public override byte FormatVersion => Removed.Kind switch
    {
        DefinitionKind.Queue when IfUnused => EntryFormat.WithDelayStores,
        > DefinitionKind.Member => EntryFormat.WithMembers,
        DefinitionKind.Member when WithQueues || IfUnused => EntryFormat.WithMembers,
        > DefinitionKind.GlobalParameter => 3,
        > DefinitionKind.Binding => 2,
        _ => 1,
    };

    public override FieldTable Arguments => Removed.Binding?.Arguments ?? FieldTable.Empty;

    /// <summary>Of what it removes there is never another entry: it is made and goes.</summary>
    public bool IsOfUnchangeable =>
        Removed.Kind is DefinitionKind.Exchange or DefinitionKind.Queue or DefinitionKind.Binding;

    private bool IsOperators => Removed.Kind == DefinitionKind.OperatorPolicy;

    private ParameterName Parameter => new(Removed.Component, Removed.Name);

    private NodeId Node => new(Guid.Parse(Removed.Name));

    public static RemovalEntry Read(DefinitionKind kind, EntryFields fields, FieldTable arguments) => new(kind switch
    {
        DefinitionKind.Vhost => DefinitionKey.OfVhost(fields.Text("name")),
        DefinitionKind.User => DefinitionKey.OfUser(fields.Text("name")),
        DefinitionKind.Permission => DefinitionKey.OfPermission(fields.Text("user"), fields.Text("vhost")),
        DefinitionKind.TopicPermission => DefinitionKey.OfTopicPermission(
            fields.Text("user"), fields.Text("vhost"), fields.Text("exchange")),
        DefinitionKind.Exchange => DefinitionKey.OfExchange(fields.Text("vhost"), fields.Text("name")),
        DefinitionKind.Queue => DefinitionKey.OfQueue(fields.Text("vhost"), fields.Text("name")),
        DefinitionKind.Policy or DefinitionKind.OperatorPolicy => DefinitionKey.OfPolicy(
            fields.Text("vhost"), fields.Text("name"), isOperators: kind == DefinitionKind.OperatorPolicy),
        DefinitionKind.Parameter => DefinitionKey.OfParameter(fields.Text("vhost"), ParameterEntry.ReadName(fields)),
        DefinitionKind.GlobalParameter => DefinitionKey.OfGlobalParameter(fields.Text("name")),
        DefinitionKind.Session => DefinitionKey.OfSession(SessionEntry.ReadNode(fields)),
        DefinitionKind.Member => DefinitionKey.OfMember(SessionEntry.ReadNode(fields)),
        DefinitionKind.Homes => DefinitionKey.OfHomes(),
        DefinitionKind.Forgotten => DefinitionKey.OfForgotten(SessionEntry.ReadNode(fields)),
        _ => DefinitionKey.OfBinding(fields.Text("vhost"), BindingEntry.ReadBinding(fields, arguments)),
    })
    {
        IfUnused = fields.Flag("if-unused"),
        Session = fields.OptionalNumber("session") ?? 0,
        WithQueues = fields.Flag("with-queues"),
    };

    public override bool IsDurable(DefinitionsDraft draft) => false;

    public override bool ChangesNothing(DefinitionsDraft draft) => Removed.Kind switch
    {
        DefinitionKind.Vhost => draft.FindVhost(Removed.Vhost) is null,
        DefinitionKind.User => !draft.Security.TryGetUser(Removed.Name, out _),
        DefinitionKind.Permission => !draft.Security.MayConnect(Removed.Name, Removed.Vhost),
        DefinitionKind.TopicPermission =>
            !draft.Security.AccessOf(Removed.Name, Removed.Vhost).Topics.ContainsKey(Removed.TopicExchange),
        DefinitionKind.Exchange => draft.FindVhost(Removed.Vhost)?.Exchanges.Contains(Removed.Name) != true,
        DefinitionKind.Queue => draft.FindVhost(Removed.Vhost)?.TryFindQueueOrStore(Removed.Name, out _) != true,
        DefinitionKind.Policy or DefinitionKind.OperatorPolicy =>
            draft.FindVhost(Removed.Vhost)?.Policies.Find(Removed.Name, IsOperators) is null,
        DefinitionKind.Parameter => draft.FindVhost(Removed.Vhost)?.Parameters.ContainsKey(Parameter) != true,
        DefinitionKind.GlobalParameter => !draft.Topology.GlobalParameters.ContainsKey(Removed.Name),
        DefinitionKind.Session => !draft.Nodes.Sessions.TryGetValue(Node, out NodeSession? session)
            || (Session != 0 && session.Id != Session),
        DefinitionKind.Member => !draft.Nodes.Members.ContainsKey(Node),
        DefinitionKind.Homes => draft.Nodes.HomeOfHomeless.IsNone,
        DefinitionKind.Forgotten => !draft.Nodes.Forgotten.ContainsKey(Node),
        _ => draft.FindVhost(Removed.Vhost)?.Contains(Removed.Binding!) != true,
    };

    public override bool Conflicts(DefinitionsDraft draft) => IfUnused && Removed.Kind switch
    {
        DefinitionKind.Member => draft.HasDurableQueues(Node),
        DefinitionKind.Queue => draft.FindVhost(Removed.Vhost) is { } vhost
            && vhost.TryFindQueueOrStore(Removed.Name, out QueueDefinition? store) && DelayStore.IsWanted(vhost, store),
        _ => draft.FindVhost(Removed.Vhost)?.Exchanges.TryGetValue(Removed.Name, out Exchange? exchange) == true
            && exchange.BindingCount > 0,
    };

    public override void Apply(DefinitionsDraft draft, long index)
    {
        switch (Removed.Kind)
        {
            case DefinitionKind.Vhost:
                draft.RemoveVhost(Removed.Vhost);
                break;
            case DefinitionKind.User:
                draft.RemoveUser(Removed.Name);
                break;
            case DefinitionKind.Permission:
                draft.Security = draft.Security.WithoutPermission(Removed.Name, Removed.Vhost);
                break;
            case DefinitionKind.TopicPermission:
                draft.Security = draft.Security.WithoutTopicPermission(
                    Removed.Name, Removed.Vhost, Removed.TopicExchange);
                break;
            case DefinitionKind.Queue:
                draft.RemoveQueue(Removed.Vhost, Removed.Name);
                break;
            case DefinitionKind.Policy or DefinitionKind.OperatorPolicy:
                draft.SetPolicy(Removed.Vhost, Removed.Name, null, IsOperators);
                break;
            case DefinitionKind.Parameter:
                draft.Put(draft.VhostOf(Removed.Vhost).WithoutParameter(Parameter));
                break;
            case DefinitionKind.GlobalParameter:
                draft.SetGlobalParameter(Removed.Name, null);
                break;
            case DefinitionKind.Session:
                draft.EndSession(Node);
                break;
            case DefinitionKind.Member:
                draft.RemoveMember(Node, WithQueues);
                break;
            case DefinitionKind.Homes:
                // What has its home by it keeps it.
                draft.Nodes = draft.Nodes with { HomeOfHomeless = NodeId.None };
                break;
            case DefinitionKind.Forgotten:
                draft.Nodes = draft.Nodes.WithoutForgotten(Node);
                break;
            default:
                Vhost vhost = draft.VhostOf(Removed.Vhost);
                draft.Put(Removed.Kind == DefinitionKind.Exchange
                    ? vhost.WithoutExchange(Removed.Name)
                    : vhost.WithoutBinding(Removed.Binding!));
                break;
        }
    }

    public override void Write(FieldTable fields)
    {
        if (IfUnused)
            fields.Add("if-unused", FieldValue.Of(true));
        if (Session != 0)
            fields.Add("session", FieldValue.Of(Session));
        if (WithQueues)
            fields.Add("with-queues", FieldValue.Of(true));
        switch (Removed.Kind)
        {
            case DefinitionKind.Vhost or DefinitionKind.User:
                fields.Add("name", FieldValue.Of(Removed.Kind == DefinitionKind.User ? Removed.Name : Removed.Vhost));
                break;
            case DefinitionKind.Permission or DefinitionKind.TopicPermission:
                fields.Add("user", FieldValue.Of(Removed.Name));
                fields.Add("vhost", FieldValue.Of(Removed.Vhost));
                if (Removed.Kind == DefinitionKind.TopicPermission)
                    fields.Add("exchange", FieldValue.Of(Removed.TopicExchange));
                break;
            case DefinitionKind.GlobalParameter:
                fields.Add("name", FieldValue.Of(Removed.Name));
                break;
            case DefinitionKind.Homes:
                break;
            case DefinitionKind.Session or DefinitionKind.Member or DefinitionKind.Forgotten:
                fields.Add("node", FieldValue.Of(Removed.Name));
                break;
            case not DefinitionKind.Binding:
                fields.Add("vhost", FieldValue.Of(Removed.Vhost));
                if (Removed.Kind == DefinitionKind.Parameter)
                    fields.Add("component", FieldValue.Of(Removed.Component));
                fields.Add("name", FieldValue.Of(Removed.Name));
                break;
            default:
                BindingEntry.Write(fields, Removed.Vhost, Removed.Binding!);
                break;
        }
    }
}
