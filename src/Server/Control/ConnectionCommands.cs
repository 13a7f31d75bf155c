using System.Globalization;
using System.Text.Json;
using Warren.Broker;
using Warren.Broker.Connections;
using Warren.Broker.Operations;

namespace Warren.Server.Control;

/// <summary>The clients of the node: who they are, what they have open, and their closing.</summary>
internal sealed class ConnectionCommands
{
    private readonly NodeHost _host;
    private readonly ColumnSet<ConnectionStatus> _connections;
    private readonly ColumnSet<ChannelRow> _channels;
    private readonly ColumnSet<ConsumerStatus> _consumers;

    public ConnectionCommands(NodeHost host)
    {
        _host = host;
        _connections = ConnectionColumns.Of(host);
        _channels = ChannelColumns.Of(host);
        _consumers = ConsumerColumns.Of(host);
    }

    private MessageBroker Broker => _host.RequireServing().Broker;

    public async Task<Action<Utf8JsonWriter>?> ListAsync(ControlRequest request, ControlReply reply)
    {
        await _connections.WriteAsync(
            reply, await DescribeAsync(reply.Cancellation).ConfigureAwait(false), request.Texts("columns"))
            .ConfigureAwait(false);
        return null;
    }

    public async Task<Action<Utf8JsonWriter>?> ListChannelsAsync(ControlRequest request, ControlReply reply)
    {
        IEnumerable<ChannelRow> rows = (await DescribeAsync(reply.Cancellation).ConfigureAwait(false))
            .SelectMany(connection => connection.Channels.Select(channel => new ChannelRow(connection, channel)));
        await _channels.WriteAsync(reply, rows, request.Texts("columns")).ConfigureAwait(false);
        return null;
    }

    public async Task<Action<Utf8JsonWriter>?> ListConsumersAsync(ControlRequest request, ControlReply reply)
    {
        Broker.FindVhost(request.Vhost);
        IEnumerable<ConsumerStatus> rows = (await DescribeAsync(reply.Cancellation).ConfigureAwait(false))
            .SelectMany(connection => connection.Channels.SelectMany(channel => channel.Consumers))
            .Where(consumer => consumer.Queue.Vhost == request.Vhost)
            .OrderBy(consumer => consumer.Queue.Name, StringComparer.Ordinal);
        await _consumers.WriteAsync(reply, rows, request.Texts("columns")).ConfigureAwait(false);
        return null;
    }

    public Task<Action<Utf8JsonWriter>?> CloseAsync(ControlRequest request, ControlReply reply)
    {
        string wanted = request.Text("connection");
        long? id = IdOf(wanted);
        foreach (Connection connection in Broker.Connections.Snapshot())
        {
            if (connection.Id != id && connection.Peer.Name != wanted)
                continue;
            Close(connection, request.Text("reason"));
            return Task.FromResult<Action<Utf8JsonWriter>?>(null);
        }
        // As RabbitMQ: a pid that cannot be one is an error, one whose process has gone is none.
        return id is null
            ? throw ControlRefusalException.Because($"Error:\n{{:invalid_pid_syntax, \"{wanted}\"}}")
            : Task.FromResult<Action<Utf8JsonWriter>?>(null);
    }

    public async Task<Action<Utf8JsonWriter>?> CloseAllAsync(ControlRequest request, ControlReply reply)
    {
        string? vhost = request.FindText("vhost");
        string? user = request.FindText("user");
        int limit = request.Number("limit");
        int delayMs = request.Number("delay_ms");
        Connection[] chosen =
        [
            .. Broker.Connections.Snapshot()
                .Where(one => vhost is null || one.VhostName == vhost)
                .Where(one => user is null || one.User?.Name == user)
                .Take(limit > 0 ? limit : int.MaxValue),
        ];
        foreach (Connection connection in chosen)
        {
            Close(connection, request.Text("reason"));
            if (delayMs > 0)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(delayMs), _host.Seams.Time, reply.Cancellation)
                    .ConfigureAwait(false);
            }
        }
        return json => json.WriteNumber("closed", chosen.Length);
    }

    private static void Close(Connection connection, string reason) =>
        connection.Shutdown($"connection_closed with reason '{reason}'");

    private async Task<IReadOnlyList<ConnectionStatus>> DescribeAsync(CancellationToken cancellation) =>
        await Task.WhenAll(Broker.Connections.Snapshot().Select(connection => connection.DescribeAsync()))
            .WaitAsync(cancellation).ConfigureAwait(false);

    // <NODE.CREATION.ID.0> of this run of this node, in which a node's name has dots too; or as JSON shows it.
    private long? IdOf(string pid)
    {
        string own = string.Create(
            CultureInfo.InvariantCulture, $"<{_host.Options.Places.NodeName}.{_host.Creation}.");
        ReadOnlySpan<char> rest = pid;
        if (rest.StartsWith(own))
            rest = rest[own.Length..];
        else if (rest.StartsWith("#PID<") && rest.Contains('.'))
            rest = rest[(rest.IndexOf('.') + 1)..];
        else
            return null;
        int dot = rest.IndexOf('.');
        return dot > 0 && rest[dot..].SequenceEqual(".0>")
            && long.TryParse(rest[..dot], NumberStyles.None, CultureInfo.InvariantCulture, out long id)
            ? id
            : null;
    }
}
