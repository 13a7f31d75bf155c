using System.Security.Cryptography;
using Warren.Broker.Security;
using Warren.Broker.Topology;

namespace Warren.Broker.Definitions;

/// <summary>What a node has before anybody declared anything: the default vhost, user and permissions.</summary>
internal static class Bootstrap
{
    /// <summary>Publishes the defaults. Called once, before the first listener accepts.</summary>
    public static void Apply(MessageBroker broker)
    {
        BrokerOptions options = broker.Options;
        broker.Topology = broker.Topology.With(Vhost.Create(options.DefaultVhost));
        if (!PasswordHash.TryParseHashing(options.PasswordHashing, out PasswordHashing hashing))
            hashing = PasswordHashing.Sha256;
        PasswordHash hash = PasswordHash.Create(
            options.DefaultPassword, hashing, RandomNumberGenerator.GetBytes(PasswordHash.SaltSizeBytes));
        var permission = new Permission(
            NamePattern.Compile(options.DefaultConfigure),
            NamePattern.Compile(options.DefaultWrite),
            NamePattern.Compile(options.DefaultRead));
        broker.Security = broker.Security
            .WithUser(new User(options.DefaultUser, hash, options.DefaultUserTags))
            .WithPermission(options.DefaultUser, options.DefaultVhost, permission);
    }
}
