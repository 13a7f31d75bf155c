using System.Collections.Immutable;
using Warren.Broker.Definitions;
using Warren.Broker.Definitions.Entries;
using Warren.Broker.Security;
using Warren.Broker.Topology;

namespace Warren.Broker.Administration;

/// <summary>Who may do what where. A change holds at once, for open connections as well.</summary>
public sealed class PermissionAdministration
{
    private readonly MessageBroker _broker;

    internal PermissionAdministration(MessageBroker broker) => _broker = broker;

    /// <param name="user">Whose; null: everybody's.</param>
    /// <param name="vhost">Where; null: everywhere.</param>
    /// <exception cref="AdministrationException">There is no such user or vhost.</exception>
    public ImmutableArray<PermissionSummary> List(string? user = null, string? vhost = null)
    {
        var found = ImmutableArray.CreateBuilder<PermissionSummary>();
        foreach ((string name, string where, VhostAccess access) in Accesses(user, vhost))
        {
            if (access.Permission is { } permission)
            {
                found.Add(new PermissionSummary(
                    name, where, permission.Configure.Text, permission.Write.Text, permission.Read.Text));
            }
        }
        return found.ToImmutable();
    }

    /// <inheritdoc cref="List"/>
    public ImmutableArray<TopicPermissionSummary> ListTopics(string? user = null, string? vhost = null)
    {
        var found = ImmutableArray.CreateBuilder<TopicPermissionSummary>();
        foreach ((string name, string where, VhostAccess access) in Accesses(user, vhost))
        {
            foreach ((string exchange, TopicPermission topic) in access.Topics.OrderBy(
                each => each.Key, StringComparer.Ordinal))
                found.Add(new TopicPermissionSummary(name, where, exchange, topic.WriteText, topic.ReadText));
        }
        return found.ToImmutable();
    }

    /// <summary>Gives a user these rights in a vhost, instead of those that there are.</summary>
    public Task SetAsync(string user, string vhost, string configure, string write, string read) =>
        AdministrativeChange.RunAsync(
            _broker,
            () => Compile(configure, write, read),
            (store, permission) =>
            {
                CheckVhost(store, vhost);
                CheckUser(user);
                store.Commit(new PermissionEntry(user, vhost, permission));
                Note(store, $"Successfully set permissions for user '{user}' in virtual host '{vhost}' to "
                    + $"'{configure}', '{write}', '{read}'");
            });

    /// <summary>Gives a user these rights in every vhost that there is.</summary>
    public Task SetGloballyAsync(string user, string configure, string write, string read) =>
        AdministrativeChange.RunAsync(
            _broker,
            () => Compile(configure, write, read),
            (store, permission) =>
            {
                CheckUser(user);
                DefinitionsDraft draft = store.NewDraft();
                foreach ((string vhost, _) in _broker.Topology.Vhosts)
                    draft.Add(new PermissionEntry(user, vhost, permission));
                store.Commit(draft);
                Note(store, $"Successfully set permissions for user '{user}' in all virtual hosts to "
                    + $"'{configure}', '{write}', '{read}'");
            });

    /// <summary>Takes all rights of a user in a vhost but those to topics; there need not be any.</summary>
    public Task ClearAsync(string user, string vhost) => RunAsync(store =>
    {
        CheckVhost(store, vhost);
        CheckUser(user);
        store.Commit(new RemovalEntry(DefinitionKey.OfPermission(user, vhost)));
        Note(store, $"Successfully cleared permissions for user '{user}' in virtual host '{vhost}'");
    });

    /// <summary>Gives a user these rights to routing keys of an exchange, which need not exist.</summary>
    public Task SetTopicAsync(string user, string vhost, string exchange, string write, string read) =>
        AdministrativeChange.RunAsync(
            _broker,
            () => CompileTopic(user, vhost, exchange, write, read),
            (store, permission) =>
            {
                CheckVhost(store, vhost);
                CheckUser(user);
                store.Commit(new TopicPermissionEntry(user, vhost, exchange, permission));
            });

    /// <param name="user">Whose.</param>
    /// <param name="vhost">Where.</param>
    /// <param name="exchange">For which exchange; null: for all.</param>
    public Task ClearTopicAsync(string user, string vhost, string? exchange = null) => RunAsync(store =>
    {
        CheckVhost(store, vhost);
        CheckUser(user);
        DefinitionsDraft draft = store.NewDraft();
        foreach (string each in _broker.Security.AccessOf(user, vhost).Topics.Keys)
        {
            if (exchange is null || exchange == each)
                draft.Add(new RemovalEntry(DefinitionKey.OfTopicPermission(user, vhost, each)));
        }
        store.Commit(draft);
    });

    private List<(string User, string Vhost, VhostAccess Access)> Accesses(string? user, string? vhost)
    {
        SecuritySnapshot security = _broker.Security;
        if (user is not null && !security.TryGetUser(user, out _))
            throw AdministrationException.NoSuchUser(user);
        if (vhost is not null)
            VhostAdministration.Find(_broker, vhost);
        List<(string User, string Vhost, VhostAccess Access)> found = [];
        foreach (UserAccess access in security.Users)
        {
            if (user is not null && access.User.Name != user)
                continue;
            foreach ((string where, VhostAccess rights) in access.Vhosts)
            {
                if (vhost is null || where == vhost)
                    found.Add((access.User.Name, where, rights));
            }
        }
        found.Sort((one, other) =>
            string.CompareOrdinal(one.Vhost, other.Vhost) is var order && order != 0
                ? order
                : string.CompareOrdinal(one.User, other.User));
        return found;
    }

    private static Permission Compile(string configure, string write, string read)
    {
        CheckPattern(configure);
        CheckPattern(write);
        CheckPattern(read);
        return new Permission(NamePattern.Compile(configure), NamePattern.Compile(write), NamePattern.Compile(read));
    }

    private static TopicPermission CompileTopic(string user, string vhost, string exchange, string write, string read)
    {
        NameChecks.CheckName("exchange", exchange);
        CheckPattern(write);
        CheckPattern(read);
        return TopicPermission.TryCreate(
            write, read, user, vhost, null, out TopicPermission? permission, out string? error)
            ? permission
            : throw AdministrationException.Invalid(error);
    }

    private static void CheckPattern(string pattern)
    {
        if (PatternError.Of(pattern) is { } error)
            throw AdministrationException.InvalidRegexp(pattern, error);
    }

    private static void CheckVhost(DefinitionsStore store, string vhost)
    {
        if (store.FindVhost(vhost) is null)
            throw AdministrationException.NoSuchVhost(vhost);
    }

    private void CheckUser(string user)
    {
        if (!_broker.Security.TryGetUser(user, out _))
            throw AdministrationException.NoSuchUser(user);
    }

    private void Note(DefinitionsStore store, string message) =>
        store.Answers.WhenApplied(() => _broker.Log(LogLevel.Info, LogCategory.Default, message));

    private Task RunAsync(Action<DefinitionsStore> apply) => AdministrativeChange.RunAsync(_broker, apply);
}
