using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Warren.Amqp;
using Warren.Broker.Definitions;
using Warren.Broker.Definitions.Entries;
using Warren.Broker.Security;

namespace Warren.Broker.Administration;

/// <summary>Users of the internal database: passwords, tags and limits.</summary>
public sealed class UserAdministration
{
    private readonly MessageBroker _broker;

    internal UserAdministration(MessageBroker broker) => _broker = broker;

    /// <summary>All users.</summary>
    public ImmutableArray<User> List() =>
        [.. _broker.Security.Users.Select(access => access.User).OrderBy(user => user.Name, StringComparer.Ordinal)];

    /// <exception cref="AdministrationException">There is no such user.</exception>
    public User Get(string name) => _broker.Security.TryGetUser(name, out User? user)
        ? user
        : throw AdministrationException.NoSuchUser(name);

    /// <summary>Makes a user, who may do nothing yet. With an empty password nobody can log in by password.</summary>
    public Task AddAsync(string name, string password, ImmutableArray<string> tags = default) =>
        AddAsync(name, NewHash(password), tags);

    /// <inheritdoc cref="AddAsync(string, string, ImmutableArray{string})"/>
    public Task AddAsync(string name, PasswordHash hash, ImmutableArray<string> tags = default) => RunAsync(store =>
    {
        NameChecks.CheckName("user", name);
        if (_broker.Security.TryGetUser(name, out _))
            throw AdministrationException.UserExists(name);
        store.Commit(new UserEntry(new User(name, hash, Tags(tags))));
        Note(store, $"Created user '{name}'");
    });

    /// <summary>
    /// Makes a user or gives one another password and other tags; limits are changed where they are given. Permissions
    /// stay.
    /// </summary>
    public Task PutAsync(string name, PasswordHash hash, ImmutableArray<string> tags, FieldTable? limits = null) =>
        RunAsync(store =>
        {
            NameChecks.CheckName("user", name);
            UserLimits present = _broker.Security.TryGetUser(name, out User? user) ? user.Limits : UserLimits.None;
            store.Commit(new UserEntry(new User(
                name, hash, Tags(tags), limits is null ? present : LimitTerm.ReadUser(limits, present))));
        });

    /// <summary>Removes a user with all permissions, and closes the connections.</summary>
    public Task DeleteAsync(string name) => RunAsync(store =>
    {
        Get(name);
        store.Commit(new RemovalEntry(DefinitionKey.OfUser(name)));
        Note(store, $"Deleted user '{name}'");
    });

    public Task ChangePasswordAsync(string name, string password) => ChangePasswordAsync(name, NewHash(password));

    public Task ChangePasswordAsync(string name, PasswordHash hash) =>
        ChangeAsync(
            name, user => user with { PasswordHash = hash }, $"Successfully changed password for user '{name}'");

    /// <summary>From now on nobody logs in by password as this user.</summary>
    public Task ClearPasswordAsync(string name) =>
        ChangeAsync(
            name, user => user with { PasswordHash = PasswordHash.None }, $"Clearing password for user '{name}'");

    /// <summary>Replaces all tags.</summary>
    public Task SetTagsAsync(string name, ImmutableArray<string> tags) =>
        ChangeAsync(
            name, user => user with { Tags = Tags(tags) },
            $"Successfully set user tags for user '{name}' to [{string.Join(',', Tags(tags))}]");

    /// <summary>Sets the limits that are given; the others stay.</summary>
    public Task SetLimitsAsync(string name, FieldTable limits) =>
        ChangeAsync(
            name, user => user with { Limits = LimitTerm.ReadUser(limits, user.Limits) },
            $"Successfully set limits of user '{name}'");

    /// <summary>
    /// Clears one limit, or those there are for <c>all</c>. A limit that is not known is cleared as well.
    /// </summary>
    public Task ClearLimitsAsync(string name, string limit) => ChangeAsync(name, user => user with
    {
        Limits = limit switch
        {
            "all" => UserLimits.None,
            LimitTerm.MaxConnections => user.Limits with { MaxConnections = null },
            LimitTerm.MaxChannels => user.Limits with { MaxChannels = null },
            _ => user.Limits,
        },
    }, $"Successfully cleared limits of user '{name}'");

    /// <summary>Null if this is the user's password, or RabbitMQ's reason why not.</summary>
    public string? Authenticate(string name, string password)
    {
        SaslResult result = _broker.Authenticator.CheckPassword(
            SaslMechanism.Plain, name, Encoding.UTF8.GetBytes(password), _broker.Security);
        return result.Outcome == SaslOutcome.Accepted ? null : result.Reason;
    }

    /// <summary>A salted hash of the configured kind, as a user is given.</summary>
    public PasswordHash NewHash(string password) => PasswordHash.Create(
        password, _broker.PasswordHashing, RandomNumberGenerator.GetBytes(PasswordHash.SaltSizeBytes));

    /// <summary>Reads a hash that was made elsewhere.</summary>
    /// <param name="base64">Of salt and digest.</param>
    /// <param name="algorithm">Such as rabbit_password_hashing_sha512; null: the configured one.</param>
    /// <exception cref="AdministrationException">It is no such hash.</exception>
    public PasswordHash ReadHash(string base64, string? algorithm = null)
    {
        PasswordHashing hashing = _broker.PasswordHashing;
        if (algorithm is not null && !PasswordHash.TryParseHashing(algorithm, out hashing))
            throw AdministrationException.Invalid($"hashing algorithm '{algorithm}' is not known");
        return PasswordHash.TryParse(base64, hashing, out PasswordHash? hash, out string? error)
            ? hash
            : throw AdministrationException.Invalid($"password hash {error}");
    }

    private Task ChangeAsync(string name, Func<User, User> change, string note) => RunAsync(store =>
    {
        store.Commit(new UserEntry(change(Get(name))));
        Note(store, note);
    });

    private void Note(DefinitionsStore store, string message) =>
        store.Answers.WhenApplied(() => _broker.Log(LogLevel.Info, LogCategory.Default, message));

    private Task RunAsync(Action<DefinitionsStore> apply) => AdministrativeChange.RunAsync(_broker, apply);

    private static ImmutableArray<string> Tags(ImmutableArray<string> tags) =>
        tags.IsDefault ? [] : [.. tags.Distinct()];
}
