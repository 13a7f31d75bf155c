using System.Security.Cryptography;
using Warren.Amqp;
using Warren.Broker.Arguments;
using Warren.Broker.Definitions.Entries;
using Warren.Broker.Exchanges;
using Warren.Broker.Queues;
using Warren.Broker.Security;
using Warren.Broker.Topology;

namespace Warren.Broker.Definitions.Import;

/// <summary>
/// Applies a definitions document to a broker that is starting and serves nobody yet: all of it, or an exception that
/// names what does not fit, before anything was published. What is there already as the document has it is left alone,
/// so that a document that is applied at each start is written once.
/// </summary>
public static class ImportApplication
{
    /// <summary>Returns when it is done.</summary>
    /// <exception cref="DefinitionsException">Something of the document cannot be.</exception>
    public static void Apply(MessageBroker broker, DefinitionsDocument document)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        broker.Definitions.Post(new ImportDefinitions(document, done));
        done.Task.GetAwaiter().GetResult();
    }

    internal static void Apply(DefinitionsStore store, DefinitionsDocument document)
    {
        DefinitionsDraft draft = store.NewDraft();
        foreach (ImportedUser user in document.Users)
            AddUser(draft, user);
        AddVhosts(draft, document);
        CheckUsers(draft.Security, document);
        foreach (ImportedPermission permission in document.Permissions)
            draft.Add(new PermissionEntry(permission.User, permission.Vhost, permission.Permission));
        foreach (ImportedTopicPermission permission in document.TopicPermissions)
        {
            draft.Add(new TopicPermissionEntry(
                permission.User, permission.Vhost, permission.Exchange, permission.Permission));
        }
        foreach (ImportedExchange exchange in document.Exchanges)
            Attempt($"exchange '{exchange.Name}' in vhost '{exchange.Vhost}'", () => AddExchange(draft, exchange));
        foreach (ImportedQueue queue in document.Queues)
            Attempt($"queue '{queue.Name}' in vhost '{queue.Vhost}'", () => AddQueue(draft, queue));
        foreach (ImportedBinding binding in document.Bindings)
        {
            Attempt(
                $"binding from '{binding.Source}' to '{binding.Destination}' in vhost '{binding.Vhost}'",
                () => AddBinding(draft, binding));
        }
        store.Commit(draft);
    }

    private static void CheckUsers(SecuritySnapshot security, DefinitionsDocument document)
    {
        IEnumerable<string> named = document.Permissions.Select(one => one.User)
            .Concat(document.TopicPermissions.Select(one => one.User));
        foreach (string user in named)
        {
            if (!security.TryGetUser(user, out _))
                throw new DefinitionsException("permissions", $"name the user '{user}', whom there is not");
        }
    }

    private static void Attempt(string what, Action add)
    {
        try
        {
            add();
        }
        catch (AmqpException error)
        {
            throw new DefinitionsException(what, $"cannot be made: {error.ReplyText}");
        }
    }

    private static void AddUser(DefinitionsDraft draft, ImportedUser imported)
    {
        if (!PasswordHash.TryParseHashing(draft.Broker.Options.PasswordHashing, out PasswordHashing hashing))
            hashing = PasswordHashing.Sha256;
        // A clear password would get another salt, and so be another one, at each start.
        bool isSame = imported.Password is { } clear
            && draft.Security.TryGetUser(imported.Name, out User? present)
            && present.PasswordHash.Hashing == hashing
            && present.PasswordHash.Verify(System.Text.Encoding.UTF8.GetBytes(clear));
        User user = imported.ToUser(hashing, RandomNumberGenerator.GetBytes(PasswordHash.SaltSizeBytes));
        if (isSame && draft.Security.TryGetUser(imported.Name, out present))
            user = user with { PasswordHash = present.PasswordHash };
        draft.Add(new UserEntry(user));
    }

    // What the document says nothing of stays as it is; of limits a parameter overrules the vhost's own.
    private static void AddVhosts(DefinitionsDraft draft, DefinitionsDocument document)
    {
        Dictionary<string, VhostLimits> limits = [];
        foreach (ImportedVhost vhost in document.Vhosts)
        {
            if (vhost.Limits != VhostLimits.None)
                limits[vhost.Name] = vhost.Limits;
        }
        foreach (ImportedVhostLimits parameter in document.VhostLimits)
            limits[parameter.Vhost] = parameter.Limits;
        foreach (ImportedVhost vhost in document.Vhosts)
        {
            draft.Add(new VhostEntry(
                vhost.Name,
                vhost.DefaultQueueType ?? draft.FindVhost(vhost.Name)?.DefaultQueueType,
                limits.GetValueOrDefault(vhost.Name, draft.Security.LimitsOf(vhost.Name))));
        }
        foreach ((string name, VhostLimits limit) in limits)
        {
            Vhost vhost = draft.FindVhost(name)
                ?? throw new DefinitionsException("parameters", $"name the vhost '{name}', which there is not");
            draft.Add(new VhostEntry(name, vhost.DefaultQueueType, limit));
        }
    }

    private static void AddExchange(DefinitionsDraft draft, ImportedExchange exchange)
    {
        Vhost vhost = VhostOf(draft, exchange.Vhost);
        ExchangeArguments.CheckType(exchange.Type);
        ExchangeArguments.Validate(exchange.Vhost, exchange.Name, exchange.Type, exchange.Arguments);
        var declaration = new ExchangeDeclaration
        {
            Name = exchange.Name,
            Type = exchange.Type,
            Durable = exchange.Durable,
            AutoDelete = exchange.AutoDelete,
            Internal = exchange.Internal,
            Arguments = exchange.Arguments,
        };
        if (vhost.Exchanges.TryGetValue(exchange.Name, out Exchange? present))
            DeclareExchange.CheckAgainst(present, exchange.Vhost, declaration);
        draft.Add(new ExchangeEntry(exchange.Vhost, declaration));
    }

    private static void AddQueue(DefinitionsDraft draft, ImportedQueue queue)
    {
        Vhost vhost = VhostOf(draft, queue.Vhost);
        BrokerOptions options = draft.Broker.Options;
        string defaultType = vhost.DefaultQueueType ?? options.DefaultQueueType;
        ValidQueue valid = DeclareQueue.Validate(
            queue.Vhost, queue.Name, queue.Durable, false, queue.AutoDelete, queue.Arguments, defaultType, options);
        var declaration = new QueueDeclaration
        {
            Vhost = queue.Vhost,
            Name = queue.Name,
            Durable = queue.Durable,
            AutoDelete = queue.AutoDelete,
            Arguments = queue.Arguments,
            Valid = valid,
        };
        if (vhost.Queues.TryGetValue(queue.Name, out QueueDefinition? present))
            DeclareQueue.CheckAgainst(present, declaration, defaultType);
        draft.Add(DeclareQueue.EntryOf(declaration, valid));
    }

    private static void AddBinding(DefinitionsDraft draft, ImportedBinding imported)
    {
        Vhost vhost = VhostOf(draft, imported.Vhost);
        DestinationKind kind = imported.ToExchange ? DestinationKind.Exchange : DestinationKind.Queue;
        var binding = new Binding(imported.Source, kind, imported.Destination, imported.RoutingKey, imported.Arguments);
        // The default exchange's bindings are implied by the queues.
        if (imported.Source.Length == 0)
            return;
        ChangeBinding.CheckEnds(vhost, binding);
        draft.Add(new BindingEntry(imported.Vhost, binding));
    }

    private static Vhost VhostOf(DefinitionsDraft draft, string name) =>
        draft.FindVhost(name) ?? throw Refusals.NoVhost(name);
}
