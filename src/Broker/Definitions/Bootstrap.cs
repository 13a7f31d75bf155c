using Warren.Amqp;
using Warren.Broker.Definitions.Entries;
using Warren.Broker.Security;

namespace Warren.Broker.Definitions;

/// <summary>
/// What a cluster has before anybody declared anything: the default vhost, user and permissions; and, at every start of
/// a node, its name as a member, and the cluster's if the configuration gives one; once, in a directory from before
/// queues had homes, that these are here.
/// </summary>
/// <param name="setup">Null: a node by itself.</param>
/// <param name="done">Called when all of that is there.</param>
internal sealed class Bootstrap(ClusterSetup? setup, Action done) : DefinitionsChange
{
    // It cannot be served before.
    internal override DefinitionsChange? Remainder => this;

    internal override void Apply(DefinitionsStore store)
    {
        BrokerOptions options = store.Broker.Options;
        if (store.Broker.Topology.Vhosts.Count == 0)
            MakeFirst(store, options);
        if (setup is not null)
        {
            store.Commit(new MemberEntry(setup.Self, setup.Name.Value, setup.Address));
            // Nobody else has joined: what has no home is here.
            if (store.Group.Members.Members.Length == 1 && store.Broker.AllQueues().Any(
                static queue => queue is { SurvivesRestart: true, HomeNode.IsNone: true }))
                store.Commit(new HomesEntry(setup.Self));
        }
        if (options.ClusterName is { } name)
            store.Commit(new GlobalParameterEntry(MessageBroker.ClusterNameParameter, FieldValue.Of(name)));
        store.Answers.WhenApplied(done);
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
