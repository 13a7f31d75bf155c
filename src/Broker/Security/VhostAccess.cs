using System.Collections.Immutable;

namespace Warren.Broker.Security;

/// <summary>What one user may do in one vhost. Part of a <see cref="SecuritySnapshot"/>.</summary>
/// <param name="Permission">Null: the user may not even connect to the vhost.</param>
/// <param name="Topics">By exchange; an exchange that is not here has no rules for its keys.</param>
public sealed record VhostAccess(Permission? Permission, ImmutableDictionary<string, TopicPermission> Topics)
{
    public static readonly VhostAccess None = new(null, ImmutableDictionary<string, TopicPermission>.Empty);

    internal bool IsEmpty => Permission is null && Topics.IsEmpty;
}
