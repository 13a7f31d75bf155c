using System.Text;
using Warren.Amqp;

namespace Warren.Broker.Security;

/// <summary>
/// What one connection's user was allowed lately, shared by the connection's channels and owned by its reader loop.
/// An answer that was given once costs one dictionary look-up and no allocation, until the security snapshot changes.
/// Only yes is remembered: a no closes the channel.
/// </summary>
/// <param name="username">The connection's user.</param>
/// <param name="vhost">The connection's vhost.</param>
/// <param name="current">Reads the published snapshot.</param>
public sealed class PermissionCache(string username, string vhost, Func<SecuritySnapshot> current)
{
    /// <summary>
    /// A connection that uses more resources than this is asked anew now and then; RabbitMQ keeps 12 a channel.
    /// </summary>
    public const int Capacity = 512;

    private readonly HashSet<Entry> _allowed = [];
    private VhostAccess _access = VhostAccess.None;
    private long _version = -1;

    internal int Count => _allowed.Count;

    /// <summary>Returns when the user may do this.</summary>
    /// <param name="access">What is to be done.</param>
    /// <param name="kind">Queue or exchange.</param>
    /// <param name="name">Its name; empty is the default exchange, or no queue.</param>
    /// <exception cref="AmqpException">403: the user may not.</exception>
    public void Check(Access access, ResourceKind kind, string name)
    {
        Refresh();
        var entry = new Entry(name, kind, access);
        if (_allowed.Contains(entry))
            return;
        string asked = kind == ResourceKind.Exchange && name.Length == 0 ? Refusals.DefaultExchange : name;
        if (_access.Permission is null || !_access.Permission.Allows(access, asked))
            throw Refusals.Resource(access, kind, asked, vhost, username);
        if (_allowed.Count == Capacity)
            _allowed.Clear();
        _allowed.Add(entry);
    }

    /// <summary>
    /// Returns when the user may publish (write) or bind (read) with this key at a topic exchange. Keys are not
    /// remembered: there are too many, and the pattern is matched in place.
    /// </summary>
    /// <param name="access">Write or read.</param>
    /// <param name="exchange">A topic exchange; the caller does not ask for others.</param>
    /// <param name="routingKey">UTF-8 as it came, 255 bytes at most.</param>
    /// <exception cref="AmqpException">403: the user may not.</exception>
    public void CheckTopic(Access access, string exchange, ReadOnlySpan<byte> routingKey)
    {
        Refresh();
        if (_access.Topics.IsEmpty || !_access.Topics.TryGetValue(exchange, out TopicPermission? permission))
            return;
        Span<char> key = stackalloc char[byte.MaxValue];
        key = key[..Encoding.UTF8.GetChars(routingKey, key)];
        if (!permission.Allows(access, key))
            throw Refusals.Topic(access, key.ToString(), exchange, vhost, username);
    }

    private void Refresh()
    {
        SecuritySnapshot snapshot = current();
        if (snapshot.Version == _version)
            return;
        _version = snapshot.Version;
        _access = snapshot.AccessOf(username, vhost);
        _allowed.Clear();
    }

    private readonly record struct Entry(string Name, ResourceKind Kind, Access Access);
}
