using Warren.Amqp;
using Warren.Broker.Exchanges;
using Warren.Broker.Queues;
using Warren.Broker.Topology;
using Warren.Cluster;

namespace Warren.Broker.Tests.Topology;

/// <summary>Short words for topologies and messages in tests.</summary>
internal static class Domain
{
    private static readonly FieldTable NoArguments = [];

    public static QueueDefinition Queue(
        string name, bool durable = false, NodeId home = default, params ReadOnlySpan<NodeId> members) => new()
        {
            Id = new QueueId(name.Length),
            Vhost = "/",
            Name = name,
            Durable = durable,
            HomeNode = home,
            Members = [.. members],
        };

    public static Exchange Exchange(
        string name, string type, FieldTable? arguments = null, bool autoDelete = false) =>
        ExchangeTypes.Create(new ExchangeDeclaration
        {
            Name = name,
            Type = type,
            AutoDelete = autoDelete,
            Arguments = arguments ?? NoArguments,
        });

    public static FieldTable Alternate(string name) => Table(("alternate-exchange", FieldValue.Of(name)));

    public static FieldTable Table(params ReadOnlySpan<(string Name, FieldValue Value)> fields)
    {
        var table = new FieldTable();
        foreach ((string name, FieldValue value) in fields)
            table.Add(name, value);
        return table;
    }

    public static Vhost WithQueues(this Vhost vhost, params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
            vhost = vhost.WithQueue(Queue(name));
        return vhost;
    }

    public static Binding ToQueue(string source, string queue, string key = "", FieldTable? arguments = null) =>
        new(source, DestinationKind.Queue, queue, key, arguments);

    public static Binding ToExchange(string source, string exchange, string key = "") =>
        new(source, DestinationKind.Exchange, exchange, key);

    public static Vhost Bind(
        this Vhost vhost, string source, string queue, string key = "", FieldTable? arguments = null) =>
        vhost.WithBinding(ToQueue(source, queue, key, arguments));

    public static Vhost BindExchange(this Vhost vhost, string source, string exchange, string key = "") =>
        vhost.WithBinding(ToExchange(source, exchange, key));

    /// <summary>The names of the queues a message goes to, in the order of the alphabet, spaced.</summary>
    public static string Route(
        this Vhost vhost, string exchange, string key, FieldTable? headers = null, RouteSet? routes = null)
    {
        byte[] raw = headers is null ? [0, 0] : new BasicProperties { Headers = headers }.ToArray();
        routes ??= new RouteSet(new Random(1));
        bool exists = Router.Route(vhost, exchange, new RoutingInput(key, PropertiesView.Parse(raw)), routes);
        return exists ? Names(routes) : "no exchange";
    }

    public static string Names(RouteSet routes)
    {
        var names = new List<string>();
        foreach (QueueDefinition queue in routes.Queues)
            names.Add(queue.Name);
        return string.Join(' ', names.Order(StringComparer.Ordinal));
    }
}
