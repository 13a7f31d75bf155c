using System.Collections.Immutable;
using System.Net.Sockets;
using Warren.Amqp;
using Warren.Broker.Security;

namespace Warren.Broker.Connections;

/// <summary>
/// All connections of the node: who there is, how many a vhost and a user may have, and the one tick that finds
/// handshakes, heartbeats and goodbyes that are overdue. Guarded by a leaf lock; counting is rare.
/// </summary>
public sealed class ConnectionRegistry
{
    /// <summary>
    /// How long a connection may take over its goodbye, ms. RabbitMQ waits 30 s times two; nothing is gained by it.
    /// </summary>
    private const int GoodbyeTimeoutMs = 10_000;

    private readonly MessageBroker _broker;
    private readonly Lock _lock = new();
    private readonly Dictionary<long, Connection> _connections = [];
    private readonly Dictionary<Connection, long> _ending = [];
    private readonly Dictionary<string, int> _perVhost = [];
    private readonly Dictionary<string, int> _perUser = [];
    private readonly Dictionary<string, int> _channelsPerUser = [];
    private int _channels;
    private int _count;
    private long _lastId;
    private bool _isClosed;

    internal ConnectionRegistry(MessageBroker broker) => _broker = broker;

    /// <summary>Read without the lock, by every connection as it reads.</summary>
    public int Count => Volatile.Read(ref _count);

    public int ChannelCount => Volatile.Read(ref _channels);

    /// <summary>Takes over a socket that a listener accepted; returns when the connection is over.</summary>
    /// <param name="stream">The client's bytes: the socket's, or TLS over them.</param>
    /// <param name="socket">The socket, to end it in order; null in tests without one.</param>
    /// <param name="peer">Who it is.</param>
    public async Task ServeAsync(Stream stream, Socket? socket, ConnectionPeer peer)
    {
        Connection connection;
        lock (_lock)
        {
            if (_isClosed || _connections.Count >= _broker.Options.ConnectionMax)
            {
                stream.Dispose();
                return;
            }
            connection = new Connection(++_lastId, _broker, stream, socket, peer);
            _connections.Add(connection.Id, connection);
            Volatile.Write(ref _count, _connections.Count);
        }
        _broker.Log(LogLevel.Info, LogCategory.Connection, $"accepting AMQP connection {peer.Name}");
        try
        {
            await connection.RunAsync().ConfigureAwait(false);
        }
        finally
        {
            Remove(connection);
        }
        _broker.Log(
            LogLevel.Info, LogCategory.Connection,
            $"closing AMQP connection {peer.Name}, vhost '{connection.VhostName}', user '{connection.User?.Name}'");
    }

    public ImmutableArray<Connection> Snapshot()
    {
        lock (_lock)
            return [.. _connections.Values];
    }

    /// <summary>Tells every connection that an alarm was raised or cleared.</summary>
    public void AlarmChanged()
    {
        foreach (Connection connection in Snapshot())
            connection.Post(new ConnectionEvent(ConnectionEventKind.AlarmChanged));
    }

    /// <summary>
    /// Refuses new connections and closes those there are; completes when they are gone or time is over.
    /// </summary>
    public async Task CloseAllAsync(string reason, TimeSpan patience)
    {
        lock (_lock)
            _isClosed = true;
        foreach (Connection connection in Snapshot())
            connection.Shutdown(reason);
        long started = _broker.Time.GetTimestamp();
        while (Count > 0 && _broker.Time.GetElapsedTime(started) < patience)
            await Task.Delay(TimeSpan.FromMilliseconds(10), _broker.Time).ConfigureAwait(false);
    }

    /// <summary>
    /// Closes the connections of vhosts and users that are not published any more, in RabbitMQ's words. Whoever enters
    /// meanwhile is found here or refused there, since both hold the lock.
    /// </summary>
    internal void CloseOf(IReadOnlyCollection<string> vhosts, IReadOnlyCollection<string> users)
    {
        foreach (Connection connection in Snapshot())
        {
            if (connection.VhostName.Length == 0)
                continue;
            if (vhosts.Contains(connection.VhostName))
                connection.Shutdown($"vhost '{connection.VhostName}' is deleted");
            else if (connection.User is { } user && users.Contains(user.Name))
                connection.Shutdown($"user '{user.Name}' is deleted");
        }
    }

    /// <summary>Closes a connection, if it is still there.</summary>
    internal void Close(long connectionId, string reason)
    {
        Connection? connection;
        lock (_lock)
            connection = _connections.GetValueOrDefault(connectionId);
        connection?.Shutdown(reason);
    }

    /// <summary>Finds what is overdue. Called by the broker's tick, about twice a second.</summary>
    internal void Tick()
    {
        // Queues move, and nodes come and go, while disks have an alarm.
        if (_broker.Alarms.OfDisks is not null)
            AlarmChanged();
        foreach (Connection connection in Snapshot())
        {
            string? overdue = WhatIsOverdue(connection);
            if (overdue is not null)
                connection.Post(new ConnectionEvent(ConnectionEventKind.TimedOut, Subject: overdue));
            else if (connection.State == ConnectionState.Running && Heartbeats.IsDue(connection, _broker.Time))
                connection.Post(new ConnectionEvent(ConnectionEventKind.HeartbeatDue));
        }
    }

    /// <summary>The connection has said goodbye, or is about to: it may not take for ever.</summary>
    internal void ExpectEnd(Connection connection)
    {
        lock (_lock)
            _ending.TryAdd(connection, _broker.Time.GetTimestamp());
    }

    internal bool Contains(long connectionId)
    {
        lock (_lock)
            return _connections.ContainsKey(connectionId);
    }

    /// <summary>Counts a connection in its vhost and for its user; or says why it may not enter.</summary>
    internal AmqpException? TryEnter(Connection connection, string vhost)
    {
        string username = connection.User!.Name;
        lock (_lock)
        {
            // Asked under the lock: what goes after this finds the connection in its vhost, see CloseOf.
            SecuritySnapshot security = _broker.Security;
            if (!_broker.Topology.Vhosts.Contains(vhost))
                return Refusals.NoVhost(vhost);
            if (!security.TryGetUser(username, out User? user) || !security.MayConnect(username, vhost))
                return Refusals.Vhost(vhost, username);
            long? vhostLimit = security.LimitsOf(vhost).MaxConnections;
            if (_perVhost.GetValueOrDefault(vhost) >= vhostLimit)
                return Refusals.VhostConnectionLimit(vhost, user.Name, vhostLimit.Value);
            if (_perUser.GetValueOrDefault(user.Name) >= user.Limits.MaxConnections)
                return Refusals.UserConnectionLimit(user.Name, user.Limits.MaxConnections.Value);
            Add(_perVhost, vhost, 1);
            Add(_perUser, user.Name, 1);
            connection.VhostName = vhost;
        }
        return null;
    }

    internal AmqpException? TryCountChannel(User user)
    {
        // The limit of now, not that of the login.
        long? limit = _broker.Security.TryGetUser(user.Name, out User? present) ? present.Limits.MaxChannels : null;
        lock (_lock)
        {
            if (_channelsPerUser.GetValueOrDefault(user.Name) >= limit)
                return Refusals.UserChannelLimit(user.Name, limit.Value);
            if (_channels >= _broker.Options.ChannelMaxPerNode)
                return Refusals.NodeChannelLimit(_broker.Options.NodeName, _broker.Options.ChannelMaxPerNode.Value);
            Add(_channelsPerUser, user.Name, 1);
            _channels++;
        }
        return null;
    }

    internal void UncountChannel(User user)
    {
        lock (_lock)
        {
            Add(_channelsPerUser, user.Name, -1);
            _channels--;
        }
    }

    internal void Remove(Connection connection)
    {
        lock (_lock)
        {
            _ending.Remove(connection);
            bool wasThere = _connections.Remove(connection.Id);
            Volatile.Write(ref _count, _connections.Count);
            if (!wasThere || connection.VhostName.Length == 0)
                return;
            Add(_perVhost, connection.VhostName, -1);
            Add(_perUser, connection.User!.Name, -1);
        }
    }

    private static void Add(Dictionary<string, int> counts, string name, int change)
    {
        int count = counts.GetValueOrDefault(name) + change;
        if (count == 0)
            counts.Remove(name);
        else
            counts[name] = count;
    }

    private string? WhatIsOverdue(Connection connection)
    {
        ConnectionState state = connection.State;
        if (state < ConnectionState.Running)
        {
            TimeSpan taken = _broker.Time.GetElapsedTime(connection.OpenedTimestamp);
            return taken.TotalMilliseconds > _broker.Options.HandshakeTimeoutMs
                ? "handshake timeout"
                : null;
        }
        if (state == ConnectionState.Running)
        {
            return Heartbeats.IsLost(connection, _broker.Time)
                ? $"missed heartbeats from client, timeout: {connection.HeartbeatSeconds}s"
                : null;
        }
        lock (_lock)
        {
            return _ending.TryGetValue(connection, out long since)
                && _broker.Time.GetElapsedTime(since).TotalMilliseconds > GoodbyeTimeoutMs
                ? "it did not end in time after the close"
                : null;
        }
    }
}
