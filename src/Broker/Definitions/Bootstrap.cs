using Warren.Amqp;
using Warren.Broker.Definitions.Entries;
using Warren.Broker.Security;

namespace Warren.Broker.Definitions;

/// <summary>
/// What a node has before anybody declared anything: the default vhost, user and permissions; and, at every start, the
/// cluster's name if the configuration gives one.
/// </summary>
internal sealed class Bootstrap : DefinitionsChange
{
    internal override void Apply(DefinitionsStore store)
    {
        BrokerOptions options = store.Broker.Options;
        if (store.Broker.Topology.Vhosts.Count == 0)
            MakeFirst(store, options);
        if (options.ClusterName is { } name)
            store.Commit(new GlobalParameterEntry(MessageBroker.ClusterNameParameter, FieldValue.Of(name)));
    }

    private static void MakeFirst(DefinitionsStore store, BrokerOptions options)
    {
        PasswordHash hash = store.Broker.Administration.Users.NewHash(options.DefaultPassword);
        var permission = new Permission(
            NamePattern.Compile(options.DefaultConfigure),
            NamePattern.Compile(options.DefaultWrite),
            NamePattern.Compile(options.DefaultRead));
        // The vhost last: it is what says that this was done, and a crash may leave the first entries alone.
        store.Commit(
            new UserEntry(new User(options.DefaultUser, hash, options.DefaultUserTags)) { OnlyFirst = true },
            new PermissionEntry(options.DefaultUser, options.DefaultVhost, permission) { OnlyFirst = true },
            new VhostEntry(options.DefaultVhost, null, VhostLimits.None) { Description = "Default virtual host" });
    }
}
