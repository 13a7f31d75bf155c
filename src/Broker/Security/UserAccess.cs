using System.Collections.Immutable;

namespace Warren.Broker.Security;

/// <summary>One user and all that the user may do, by vhost. Part of a <see cref="SecuritySnapshot"/>.</summary>
/// <param name="User">The user.</param>
/// <param name="Vhosts">The vhosts that the user has any right in.</param>
public sealed record UserAccess(User User, ImmutableDictionary<string, VhostAccess> Vhosts);
