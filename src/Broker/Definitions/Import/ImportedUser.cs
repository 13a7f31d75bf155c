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

    internal static ImportedUser Read(ImportNode node, PasswordHashing hashingWhenUnsaid)
    {
        string? clear = node.Member("password").OptionalText();
        ImportNode hashNode = node.Member("password_hash");
        string? base64 = hashNode.OptionalText();
        if (clear is not null && base64 is not null)
            throw node.Wrong("has both password and password_hash; one of them must go");
        PasswordHash? hash = null;
        if (base64 is not null)
        {
            PasswordHashing hashing = ReadHashing(node.Member("hashing_algorithm"), hashingWhenUnsaid);
            if (!PasswordHash.TryParse(base64, hashing, out hash, out string? error))
                throw hashNode.Wrong(error);
        }

        ImportNode limits = node.Member("limits").OrEmpty();
        return new ImportedUser(
            node.Member("name").Name(),
            hash,
            clear,
            node.Member("tags").Words(),
            new UserLimits(limits.Member("max-connections").Limit(), limits.Member("max-channels").Limit()));
    }

    private static PasswordHashing ReadHashing(ImportNode node, PasswordHashing whenUnsaid)
    {
        if (node.OptionalText() is not { } name)
            return whenUnsaid;
        return PasswordHash.TryParseHashing(name, out PasswordHashing hashing)
            ? hashing
            : throw node.Wrong($"must be rabbit_password_hashing_sha256, _sha512 or _md5, but is '{name}'");
    }
}
