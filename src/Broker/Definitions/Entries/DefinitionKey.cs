using Warren.Broker.Topology;
using Warren.Cluster;

namespace Warren.Broker.Definitions.Entries;

/// <summary>Names one definition: no two that exist at once have the same key.</summary>
internal readonly record struct DefinitionKey
{
    private DefinitionKey(DefinitionKind kind, string vhost, string name, string exchange = "", string component = "")
    {
        Kind = kind;
        Vhost = vhost;
        Name = name;
        TopicExchange = exchange;
        Component = component;
    }

    public DefinitionKind Kind { get; }

    /// <summary>Empty for a user and a global parameter.</summary>
    public string Vhost { get; }

    /// <summary>
    /// Of the exchange, queue, policy or parameter, of the queue whose members these are, or of the user whom a
    /// permission is for, or the identity of a node; empty for a vhost and a binding.
    /// </summary>
    public string Name { get; }

    /// <summary>Which exchange a topic permission is about.</summary>
    public string TopicExchange { get; }

    /// <summary>Whose a parameter is.</summary>
    public string Component { get; }

    public Binding? Binding { get; private init; }

    public static DefinitionKey OfVhost(string name) => new(DefinitionKind.Vhost, name, "");

    public static DefinitionKey OfUser(string name) => new(DefinitionKind.User, "", name);

    public static DefinitionKey OfPermission(string user, string vhost) => new(DefinitionKind.Permission, vhost, user);

    public static DefinitionKey OfTopicPermission(string user, string vhost, string exchange) =>
        new(DefinitionKind.TopicPermission, vhost, user, exchange);

    public static DefinitionKey OfExchange(string vhost, string name) => new(DefinitionKind.Exchange, vhost, name);

    public static DefinitionKey OfQueue(string vhost, string name) => new(DefinitionKind.Queue, vhost, name);

    /// <summary>The members that a replicated queue is to have, once they are not its first.</summary>
    public static DefinitionKey OfQueueMembers(string vhost, string queue) =>
        new(DefinitionKind.QueueMembers, vhost, queue);

    public static DefinitionKey OfBinding(string vhost, Binding binding) =>
        new(DefinitionKind.Binding, vhost, "") { Binding = binding };

    public static DefinitionKey OfPolicy(string vhost, string name, bool isOperators) =>
        new(isOperators ? DefinitionKind.OperatorPolicy : DefinitionKind.Policy, vhost, name);

    public static DefinitionKey OfParameter(string vhost, ParameterName parameter) =>
        new(DefinitionKind.Parameter, vhost, parameter.Name, component: parameter.Component);

    public static DefinitionKey OfGlobalParameter(string name) => new(DefinitionKind.GlobalParameter, "", name);

    public static DefinitionKey OfSession(NodeId node) => new(DefinitionKind.Session, "", node.ToString());

    public static DefinitionKey OfMember(NodeId node) => new(DefinitionKind.Member, "", node.ToString());

    /// <summary>There is one.</summary>
    public static DefinitionKey OfHomes() => new(DefinitionKind.Homes, "", "");

    public static DefinitionKey OfForgotten(NodeId node) => new(DefinitionKind.Forgotten, "", node.ToString());

    public override string ToString() => Kind switch
    {
        DefinitionKind.Vhost => $"vhost '{Vhost}'",
        DefinitionKind.User => $"user '{Name}'",
        DefinitionKind.Permission => $"permission of user '{Name}' in vhost '{Vhost}'",
        DefinitionKind.TopicPermission =>
            $"topic permission of user '{Name}' for exchange '{TopicExchange}' in vhost '{Vhost}'",
        DefinitionKind.Exchange => $"exchange '{Name}' in vhost '{Vhost}'",
        DefinitionKind.Queue => $"queue '{Name}' in vhost '{Vhost}'",
        DefinitionKind.Policy => $"policy '{Name}' in vhost '{Vhost}'",
        DefinitionKind.OperatorPolicy => $"operator policy '{Name}' in vhost '{Vhost}'",
        DefinitionKind.Parameter => $"parameter '{Name}' of '{Component}' in vhost '{Vhost}'",
        DefinitionKind.GlobalParameter => $"global parameter '{Name}'",
        DefinitionKind.Session => $"session of node {Name}",
        DefinitionKind.Member => $"member {Name}",
        DefinitionKind.Homes => "home of the queues that name none",
        DefinitionKind.QueueMembers => $"members of queue '{Name}' in vhost '{Vhost}'",
        DefinitionKind.Forgotten => $"forgotten node {Name}",
        _ => $"binding {Binding} in vhost '{Vhost}'",
    };
}
