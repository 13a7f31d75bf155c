using System.Security.Cryptography;
using Warren.Broker.Definitions.Entries;
using Warren.Broker.Security;

namespace Warren.Broker.Definitions;

/// <summary>What a node has before anybody declared anything: the default vhost, user and permissions.</summary>
internal sealed class Bootstrap : DefinitionsChange
{
    internal override void Apply(DefinitionsStore store)
    {
        BrokerOptions options = store.Broker.Options;
        if (!PasswordHash.TryParseHashing(options.PasswordHashing, out PasswordHashing hashing))
            hashing = PasswordHashing.Sha256;
        PasswordHash hash = PasswordHash.Create(
            options.DefaultPassword, hashing, RandomNumberGenerator.GetBytes(PasswordHash.SaltSizeBytes));
        var permission = new Permission(
            NamePattern.Compile(options.DefaultConfigure),
            NamePattern.Compile(options.DefaultWrite),
            NamePattern.Compile(options.DefaultRead));
        // The vhost last: it is what says that this was done, and a crash may leave the first entries alone.
        store.Commit(
            new UserEntry(new User(options.DefaultUser, hash, options.DefaultUserTags)),
            new PermissionEntry(options.DefaultUser, options.DefaultVhost, permission),
            new VhostEntry(options.DefaultVhost, null, VhostLimits.None));
    }
}
