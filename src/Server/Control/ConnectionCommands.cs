using System.Globalization;
using System.Text.Json;
using Warren.Broker;
using Warren.Broker.Connections;
using Warren.Broker.Operations;

namespace Warren.Server.Control;

/// <summary>
/// The clients of the cluster: who they are, what they have open, and their closing. A node knows its own; the others
/// are asked.
/// </summary>
internal sealed class ConnectionCommands
{
    private readonly NodeHost _host;
    private readonly OtherNodes _others;
    private readonly ColumnSet<ConnectionStatus> _connections;
    private readonly ColumnSet<ChannelRow> _channels;
    private readonly ColumnSet<ConsumerStatus> _consumers;

    public ConnectionCommands(NodeHost host, OtherNodes others)
    {
        _host = host;
        _others = others;
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
        return await _others.RowsAsync(request, reply).ConfigureAwait(false);
    }

    public async Task<Action<Utf8JsonWriter>?> ListChannelsAsync(ControlRequest request, ControlReply reply)
    {
        IEnumerable<ChannelRow> rows = (await DescribeAsync(reply.Cancellation).ConfigureAwait(false))
            .SelectMany(connection => connection.Channels.Select(channel => new ChannelRow(connection, channel)));
        await _channels.WriteAsync(reply, rows, request.Texts("columns")).ConfigureAwait(false);
        return await _others.RowsAsync(request, reply).ConfigureAwait(false);
    }

    public async Task<Action<Utf8JsonWriter>?> ListConsumersAsync(ControlRequest request, ControlReply reply)
    {
        IReadOnlyList<ConsumerStatus> rows = await Broker.Operations
            .ListConsumersAsync(Broker.FindVhost(request.Vhost), ListCommands.CountsPatience)
            .WaitAsync(reply.Cancellation).ConfigureAwait(false);
        await _consumers.WriteAsync(reply, rows, request.Texts("columns")).ConfigureAwait(false);
        return null;
    }

    public async Task<Action<Utf8JsonWriter>?> CloseAsync(ControlRequest request, ControlReply reply)
    {
        string wanted = request.Text("connection");
        long? id = IdOf(wanted);
        foreach (Connection connection in Broker.Connections.Snapshot())
        {
            if (connection.Id != id && connection.Peer.Name != wanted)
                continue;
            Close(connection, request.Text("reason"));
            return json => json.WriteBoolean("closed", true);
        }
        if (id is not null)
            return null;
        foreach (string member in _others.Asked(request))
        {
            // Its pid says whose it is; a name may be anybody's.
            if (wanted.StartsWith('<') && !wanted.StartsWith($"<{member}.", StringComparison.Ordinal))
                continue;
            (JsonElement? answer, string? reason) = await _others
                .AskAsync(member, request, static _ => { }, reply.Cancellation).ConfigureAwait(false);
            if (answer?.TryGetProperty("closed", out _) == true)
                return json => json.WriteBoolean("closed", true);
            if (answer is not null && wanted.StartsWith('<'))
                return null;
            if (answer is null && wanted.StartsWith('<'))
                throw ControlRefusalException.Because($"{member} was asked to close it: {reason}");
        }
        // As RabbitMQ: a pid that cannot be one is an error, one whose process has gone is none.
        throw ControlRefusalException.Because($"Error:\n{{:invalid_pid_syntax, \"{wanted}\"}}");
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
        int closed = chosen.Length;
        // Neither a vhost nor a user: all of this node is meant.
        if (vhost is not null || user is not null)
            closed += await CloseElsewhereAsync(request, limit, closed, reply.Cancellation).ConfigureAwait(false);
        return json => json.WriteNumber("closed", closed);
    }

    private async Task<int> CloseElsewhereAsync(
        ControlRequest request, int limit, int closedHere, CancellationToken cancellation)
    {
        int closed = 0;
        foreach (string member in _others.Asked(request))
        {
            int left = limit - closedHere - closed;
            if (limit > 0 && left <= 0)
                break;
            (JsonElement? answer, string? reason) = await _others
                .AskAsync(
                    member, limit > 0 ? request.With("limit", left) : request, static _ => { }, cancellation)
                .ConfigureAwait(false);
            closed += answer?.GetProperty("closed").GetInt32() ?? throw ControlRefusalException.Because(
                $"{closedHere + closed} connections were closed, those to {member} were not: {reason}");
        }
        return closed;
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
