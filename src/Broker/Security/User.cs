using System.Collections.Immutable;

namespace Warren.Broker.Security;

/// <summary>A user of the internal user database. Immutable; a change is a new value in the next snapshot.</summary>
/// <param name="Name">Compared byte by byte: case counts.</param>
/// <param name="PasswordHash">What <see cref="Authenticator"/> verifies.</param>
/// <param name="Tags">administrator, monitoring, policymaker, management, impersonator, or the operator's own.</param>
/// <param name="Limits">Connections and channels over all nodes.</param>
public sealed record User(string Name, PasswordHash PasswordHash, ImmutableArray<string> Tags, UserLimits Limits)
{
    /// <summary>Whoever has this tag may put any name in a message's user-id.</summary>
    public const string Impersonator = "impersonator";

    public User(string name, PasswordHash passwordHash, ImmutableArray<string> tags)
        : this(name, passwordHash, tags, UserLimits.None)
    {
    }

    public bool MayImpersonate => Tags.Contains(Impersonator);
}
