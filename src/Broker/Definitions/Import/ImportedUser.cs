using System.Collections.Immutable;
using Warren.Broker.Security;

namespace Warren.Broker.Definitions.Import;

/// <summary>A user of a definitions document.</summary>
/// <param name="Name">Not empty.</param>
/// <param name="PasswordHash">Null when the document has a clear password, or none.</param>
/// <param name="Password">Clear text; null when the document has a hash, or none.</param>
/// <param name="Tags">As written.</param>
/// <param name="Limits">Connections and channels.</param>
public sealed record ImportedUser(
    string Name, PasswordHash? PasswordHash, string? Password, ImmutableArray<string> Tags, UserLimits Limits)
{
    /// <summary>The user as the broker keeps it.</summary>
    /// <param name="hashing">For a clear password.</param>
    /// <param name="salt">4 random bytes, for a clear password.</param>
    public User ToUser(PasswordHashing hashing, ReadOnlySpan<byte> salt)
    {
        PasswordHash hash = PasswordHash
            ?? (Password is null ? PasswordHash.None : PasswordHash.Create(Password, hashing, salt));
        return new User(Name, hash, Tags, Limits);
    }
}
