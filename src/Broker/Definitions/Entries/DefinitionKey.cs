using Warren.Broker.Topology;

namespace Warren.Broker.Definitions.Entries;

/// <summary>Names one definition: no two that exist at once have the same key.</summary>
internal readonly record struct DefinitionKey
{
    private DefinitionKey(DefinitionKind kind, string vhost, string name, string exchange = "")
    {
        Kind = kind;
        Vhost = vhost;
        Name = name;
        TopicExchange = exchange;
    }

    public DefinitionKind Kind { get; }

    /// <summary>Empty for a user.</summary>
    public string Vhost { get; }

    /// <summary>
    /// Of the exchange or queue, or of the user whom a permission is for; empty for a vhost and a binding.
    /// </summary>
    public string Name { get; }

    /// <summary>Which exchange a topic permission is about.</summary>
    public string TopicExchange { get; }

    public Binding? Binding { get; private init; }

    public static DefinitionKey OfVhost(string name) => new(DefinitionKind.Vhost, name, "");

    public static DefinitionKey OfUser(string name) => new(DefinitionKind.User, "", name);

    public static DefinitionKey OfPermission(string user, string vhost) => new(DefinitionKind.Permission, vhost, user);

    public static DefinitionKey OfTopicPermission(string user, string vhost, string exchange) =>
        new(DefinitionKind.TopicPermission, vhost, user, exchange);

    public static DefinitionKey OfExchange(string vhost, string name) => new(DefinitionKind.Exchange, vhost, name);

    public static DefinitionKey OfQueue(string vhost, string name) => new(DefinitionKind.Queue, vhost, name);

    public static DefinitionKey OfBinding(string vhost, Binding binding) =>
        new(DefinitionKind.Binding, vhost, "") { Binding = binding };

    public override string ToString() => Kind switch
    {
        DefinitionKind.Vhost => $"vhost '{Vhost}'",
        DefinitionKind.User => $"user '{Name}'",
        DefinitionKind.Permission => $"permission of user '{Name}' in vhost '{Vhost}'",
        DefinitionKind.TopicPermission =>
            $"topic permission of user '{Name}' for exchange '{TopicExchange}' in vhost '{Vhost}'",
        DefinitionKind.Exchange => $"exchange '{Name}' in vhost '{Vhost}'",
        DefinitionKind.Queue => $"queue '{Name}' in vhost '{Vhost}'",
        _ => $"binding {Binding} in vhost '{Vhost}'",
    };
}
