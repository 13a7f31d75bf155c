using System.Globalization;
using System.Text.Json;
using Warren.Broker;
using Warren.Broker.Exchanges;
using Warren.Broker.Queues;
using Warren.Broker.Security;
using Warren.Broker.Topology;

namespace Warren.Server.Control;

/// <summary>
/// Lists of what is defined, read from the published snapshots. They are sorted by name: RabbitMQ's order is that of
/// its tables, which is none.
/// </summary>
internal sealed class ListCommands
{
    private readonly NodeHost _host;
    private readonly ColumnSet<QueueDefinition> _queues;
    private readonly ColumnSet<Vhost> _vhosts;

    public ListCommands(NodeHost host, ClusterCommands cluster)
    {
        _host = host;
        _queues = QueueColumns.Of(host);
        _vhosts = VhostColumns.Of(host, cluster);
    }

    /// <summary>How long a list waits for what other nodes know; then it shows what they said last.</summary>
    internal static readonly TimeSpan CountsPatience = TimeSpan.FromSeconds(2);

    private MessageBroker Broker => _host.RequireServing().Broker;

    public async Task<Action<Utf8JsonWriter>?> QueuesAsync(ControlRequest request, ControlReply reply)
    {
        // A vhost that is not there has no queues: RabbitMQ's words are an empty list too.
        QueueDefinition[] queues = Broker.Topology.Vhosts.TryGetValue(request.Vhost, out Vhost? vhost)
            ? [.. vhost.Queues.Select(queue => queue.Value).OrderBy(queue => queue.Name, StringComparer.Ordinal)]
            : [];
        await Broker.Operations.RefreshCountsAsync(CountsPatience).ConfigureAwait(false);
        await _queues.WriteAsync(reply, queues.Where(queue => IsWanted(request, queue)), request.Texts("columns"))
            .ConfigureAwait(false);
        return null;
    }

    private static bool IsWanted(ControlRequest request, QueueDefinition queue)
    {
        if (request.Flag("local") && !queue.IsHere)
            return false;
        return (!request.Flag("offline") || !queue.Home.IsReached) && (!request.Flag("online") || queue.Home.IsReached);
    }

    public async Task<Action<Utf8JsonWriter>?> UnresponsiveQueuesAsync(ControlRequest request, ControlReply reply)
    {
        Vhost vhost = Broker.FindVhost(request.Vhost);
        IReadOnlyList<QueueDefinition> queues = await HealthCheck.UnresponsiveAsync(
            Broker, vhost.Queues.Select(queue => queue.Value).Where(queue => IsWanted(request, queue)),
            TimeSpan.FromMilliseconds(request.Number("queue_timeout_ms")), reply.Cancellation).ConfigureAwait(false);
        await Broker.Operations.RefreshCountsAsync(CountsPatience).ConfigureAwait(false);
        await _queues.WriteAsync(reply, queues, request.Texts("columns")).ConfigureAwait(false);
        return null;
    }

    public async Task<Action<Utf8JsonWriter>?> ExchangesAsync(ControlRequest request, ControlReply reply)
    {
        IEnumerable<Exchange> exchanges = Broker.FindVhost(request.Vhost).Exchanges
            .Select(exchange => exchange.Value).OrderBy(exchange => exchange.Name, StringComparer.Ordinal);
        await ExchangeColumns.All.WriteAsync(reply, exchanges, request.Texts("columns")).ConfigureAwait(false);
        return null;
    }

    public async Task<Action<Utf8JsonWriter>?> BindingsAsync(ControlRequest request, ControlReply reply)
    {
        Vhost vhost = Broker.FindVhost(request.Vhost);
        IEnumerable<Binding> implicitOnes = vhost.Queues.Select(queue => queue.Key).Order(StringComparer.Ordinal)
            .Select(name => new Binding("", DestinationKind.Queue, name, name));
        IEnumerable<Binding> declared = vhost.Exchanges
            .SelectMany(exchange => exchange.Value.Bindings.ToList())
            .OrderBy(binding => binding.Source, StringComparer.Ordinal)
            .ThenBy(binding => binding.DestinationKind)
            .ThenBy(binding => binding.Destination, StringComparer.Ordinal)
            .ThenBy(binding => binding.RoutingKey, StringComparer.Ordinal);
        await BindingColumns.All.WriteAsync(reply, implicitOnes.Concat(declared), request.Texts("columns"))
            .ConfigureAwait(false);
        return null;
    }

    public async Task<Action<Utf8JsonWriter>?> VhostsAsync(ControlRequest request, ControlReply reply)
    {
        await _vhosts.WriteAsync(
            reply,
            Broker.Topology.Vhosts.Select(vhost => vhost.Value).OrderBy(vhost => vhost.Name, StringComparer.Ordinal),
            request.Texts("columns")).ConfigureAwait(false);
        return null;
    }

    public async Task<Action<Utf8JsonWriter>?> UsersAsync(ControlRequest request, ControlReply reply)
    {
        foreach (UserAccess access in Users())
        {
            await reply.RowAsync(json =>
            {
                json.WriteStringValue(access.User.Name);
                json.Atoms(access.User.Tags);
            }).ConfigureAwait(false);
        }
        return null;
    }

    public async Task<Action<Utf8JsonWriter>?> PermissionsAsync(ControlRequest request, ControlReply reply)
    {
        Broker.FindVhost(request.Vhost);
        foreach (UserAccess access in Users())
        {
            if (access.Vhosts.GetValueOrDefault(request.Vhost)?.Permission is { } permission)
                await reply.RowAsync(json => Write(json, access.User.Name, permission)).ConfigureAwait(false);
        }
        return null;
    }

    public async Task<Action<Utf8JsonWriter>?> UserPermissionsAsync(ControlRequest request, ControlReply reply)
    {
        foreach ((string vhost, VhostAccess access) in AccessOf(request.Text("user")))
        {
            if (access.Permission is { } permission)
                await reply.RowAsync(json => Write(json, vhost, permission)).ConfigureAwait(false);
        }
        return null;
    }

    public async Task<Action<Utf8JsonWriter>?> TopicPermissionsAsync(ControlRequest request, ControlReply reply)
    {
        Broker.FindVhost(request.Vhost);
        foreach (UserAccess user in Users())
        {
            if (user.Vhosts.GetValueOrDefault(request.Vhost) is { } access)
                await WriteTopicsAsync(reply, user.User.Name, access).ConfigureAwait(false);
        }
        return null;
    }

    public async Task<Action<Utf8JsonWriter>?> UserTopicPermissionsAsync(ControlRequest request, ControlReply reply)
    {
        foreach ((string vhost, VhostAccess access) in AccessOf(request.Text("user")))
            await WriteTopicsAsync(reply, vhost, access).ConfigureAwait(false);
        return null;
    }

    public async Task<Action<Utf8JsonWriter>?> VhostLimitsAsync(ControlRequest request, ControlReply reply)
    {
        string[] vhosts = request.FindText("vhost") is { } named
            ? [Broker.FindVhost(named).Name]
            : [.. Broker.Topology.Vhosts.Select(vhost => vhost.Key).Order(StringComparer.Ordinal)];
        foreach (string vhost in vhosts)
        {
            VhostLimits limits = Broker.Security.LimitsOf(vhost);
            if (limits != VhostLimits.None)
            {
                await WriteLimitsAsync(
                    reply, vhost, ("max-connections", limits.MaxConnections), ("max-queues", limits.MaxQueues))
                    .ConfigureAwait(false);
            }
        }
        return null;
    }

    public async Task<Action<Utf8JsonWriter>?> UserLimitsAsync(ControlRequest request, ControlReply reply)
    {
        string? named = request.FindText("user");
        if (named is not null && !Broker.Security.TryGetUser(named, out _))
            throw NoUser(named);
        foreach (UserAccess access in Users())
        {
            UserLimits limits = access.User.Limits;
            // Of one user an empty document is told, of all only those who have some.
            if (named is null ? limits != UserLimits.None : access.User.Name == named)
            {
                await WriteLimitsAsync(
                    reply, access.User.Name, ("max-connections", limits.MaxConnections),
                    ("max-channels", limits.MaxChannels)).ConfigureAwait(false);
            }
        }
        return null;
    }

    private static ControlRefusalException NoUser(string name) => new(
        ControlRefusalException.NoSuchUserKind, $"User \"{name}\" does not exist");

    private static void Write(Utf8JsonWriter json, string subject, Permission permission)
    {
        json.WriteStringValue(subject);
        json.WriteStringValue(permission.Configure.Text);
        json.WriteStringValue(permission.Write.Text);
        json.WriteStringValue(permission.Read.Text);
    }

    private static async Task WriteTopicsAsync(ControlReply reply, string subject, VhostAccess access)
    {
        foreach ((string exchange, TopicPermission permission) in
            access.Topics.OrderBy(topic => topic.Key, StringComparer.Ordinal))
        {
            await reply.RowAsync(json =>
            {
                json.WriteStringValue(subject);
                json.WriteStringValue(exchange);
                json.WriteStringValue(permission.WriteText);
                json.WriteStringValue(permission.ReadText);
            }).ConfigureAwait(false);
        }
    }

    private static ValueTask WriteLimitsAsync(
        ControlReply reply, string subject, params (string Name, long? Value)[] limits) => reply.RowAsync(json =>
        {
            json.WriteStringValue(subject);
            json.WriteStringValue("{" + string.Join(',', limits.Where(limit => limit.Value is not null).Select(
                limit => string.Create(CultureInfo.InvariantCulture, $"\"{limit.Name}\":{limit.Value}"))) + "}");
        });

    private IEnumerable<UserAccess> Users() =>
        Broker.Security.Users.OrderBy(access => access.User.Name, StringComparer.Ordinal);

    private IEnumerable<KeyValuePair<string, VhostAccess>> AccessOf(string user) =>
        Broker.Security.TryGetUser(user, out _)
            ? Broker.Security.VhostsOf(user).OrderBy(vhost => vhost.Key, StringComparer.Ordinal)
            : throw NoUser(user);
}
