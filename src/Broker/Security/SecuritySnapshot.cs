using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Warren.Broker.Security;

/// <summary>
/// Users, their rights, and the limits of users and vhosts, as one immutable value. The definitions turn makes the
/// next
/// one with the <c>With</c> methods, in time proportional to the change, and publishes it with one reference write;
/// everybody else reads. Every change has a higher <see cref="Version"/>, by which caches know that they are stale.
///
/// Rights hang under their user, so a right without a user cannot exist. Whether the vhost exists is the topology's to
/// know: it calls <see cref="WithoutVhost"/> when it drops one.
/// </summary>
public sealed class SecuritySnapshot
{
    public static readonly SecuritySnapshot Empty = new(
        0, ImmutableDictionary<string, UserAccess>.Empty, ImmutableDictionary<string, VhostLimits>.Empty);

    private readonly ImmutableDictionary<string, UserAccess> _users;
    private readonly ImmutableDictionary<string, VhostLimits> _vhostLimits;

    private SecuritySnapshot(
        long version,
        ImmutableDictionary<string, UserAccess> users,
        ImmutableDictionary<string, VhostLimits> vhostLimits)
    {
        Version = version;
        _users = users;
        _vhostLimits = vhostLimits;
    }

    /// <summary>Counts changes; never the same for two different snapshots of one broker.</summary>
    public long Version { get; }

    /// <summary>All users with their rights, in no order.</summary>
    public IEnumerable<UserAccess> Users => _users.Values;

    public int UserCount => _users.Count;

    public bool TryGetUser(string name, [NotNullWhen(true)] out User? user)
    {
        bool found = _users.TryGetValue(name, out UserAccess? access);
        user = access?.User;
        return found;
    }

    /// <summary>
    /// The user's rights in a vhost; <see cref="VhostAccess.None"/> when there are none, or no such user.
    /// </summary>
    public VhostAccess AccessOf(string username, string vhost) =>
        _users.TryGetValue(username, out UserAccess? user) && user.Vhosts.TryGetValue(vhost, out VhostAccess? access)
            ? access
            : VhostAccess.None;

    /// <summary>All rights of a user, by vhost; none when there is no such user.</summary>
    public ImmutableDictionary<string, VhostAccess> VhostsOf(string username) =>
        _users.TryGetValue(username, out UserAccess? user)
            ? user.Vhosts
            : ImmutableDictionary<string, VhostAccess>.Empty;

    /// <summary>Whether the user may open the vhost: has any permission in it, be it for nothing.</summary>
    public bool MayConnect(string username, string vhost) => AccessOf(username, vhost).Permission is not null;

    public VhostLimits LimitsOf(string vhost) => _vhostLimits.GetValueOrDefault(vhost, VhostLimits.None);

    /// <summary>Adds a user, or replaces one and keeps the rights.</summary>
    public SecuritySnapshot WithUser(User user)
    {
        UserAccess access = _users.TryGetValue(user.Name, out UserAccess? existing)
            ? existing with { User = user }
            : new UserAccess(user, ImmutableDictionary<string, VhostAccess>.Empty);
        return Next(_users.SetItem(user.Name, access));
    }

    /// <summary>Removes a user with all rights.</summary>
    public SecuritySnapshot WithoutUser(string name) =>
        _users.ContainsKey(name) ? Next(_users.Remove(name)) : this;

    /// <exception cref="ArgumentException">There is no such user.</exception>
    public SecuritySnapshot WithPermission(string username, string vhost, Permission permission) =>
        WithAccess(username, vhost, AccessOf(username, vhost) with { Permission = permission });

    public SecuritySnapshot WithoutPermission(string username, string vhost) =>
        MayConnect(username, vhost)
            ? WithAccess(username, vhost, AccessOf(username, vhost) with { Permission = null })
            : this;

    /// <exception cref="ArgumentException">There is no such user.</exception>
    public SecuritySnapshot WithTopicPermission(
        string username, string vhost, string exchange, TopicPermission permission)
    {
        VhostAccess access = AccessOf(username, vhost);
        return WithAccess(username, vhost, access with { Topics = access.Topics.SetItem(exchange, permission) });
    }

    /// <param name="username">Whose.</param>
    /// <param name="vhost">Where.</param>
    /// <param name="exchange">For which exchange; null for all in the vhost.</param>
    public SecuritySnapshot WithoutTopicPermission(string username, string vhost, string? exchange)
    {
        VhostAccess access = AccessOf(username, vhost);
        ImmutableDictionary<string, TopicPermission> rest =
            exchange is null ? access.Topics.Clear() : access.Topics.Remove(exchange);
        return rest.Count == access.Topics.Count ? this : WithAccess(username, vhost, access with { Topics = rest });
    }

    public SecuritySnapshot WithVhostLimits(string vhost, VhostLimits limits) =>
        new(
            Version + 1,
            _users,
            limits == VhostLimits.None ? _vhostLimits.Remove(vhost) : _vhostLimits.SetItem(vhost, limits));

    /// <summary>Removes all rights and limits in a vhost that is dropped.</summary>
    public SecuritySnapshot WithoutVhost(string vhost)
    {
        ImmutableDictionary<string, UserAccess> users = _users;
        foreach ((string name, UserAccess access) in _users)
        {
            if (access.Vhosts.ContainsKey(vhost))
                users = users.SetItem(name, access with { Vhosts = access.Vhosts.Remove(vhost) });
        }

        return new SecuritySnapshot(Version + 1, users, _vhostLimits.Remove(vhost));
    }

    private SecuritySnapshot WithAccess(string username, string vhost, VhostAccess access)
    {
        if (!_users.TryGetValue(username, out UserAccess? user))
            throw new ArgumentException($"there is no user '{username}'", nameof(username));
        ImmutableDictionary<string, VhostAccess> vhosts =
            access.IsEmpty ? user.Vhosts.Remove(vhost) : user.Vhosts.SetItem(vhost, access);
        return Next(_users.SetItem(username, user with { Vhosts = vhosts }));
    }

    private SecuritySnapshot Next(ImmutableDictionary<string, UserAccess> users) =>
        new(Version + 1, users, _vhostLimits);
}
