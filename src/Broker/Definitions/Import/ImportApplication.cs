using System.Security.Cryptography;
using Warren.Amqp;
using Warren.Broker.Administration;
using Warren.Broker.Arguments;
using Warren.Broker.Definitions.Entries;
using Warren.Broker.Delays;
using Warren.Broker.Exchanges;
using Warren.Broker.Policies;
using Warren.Broker.Queues;
using Warren.Broker.Security;
using Warren.Broker.Topology;

namespace Warren.Broker.Definitions.Import;

/// <summary>
/// Applies a definitions document to a broker: all of it, or an exception that names what does not fit, before anything
/// was published. What is there already as the document has it is left alone,
/// so that a document that is applied at each start is written once.
/// </summary>
internal static class ImportApplication
{
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
        foreach (ImportedGlobalParameter parameter in document.GlobalParameters)
            draft.Add(new GlobalParameterEntry(parameter.Name, SortedFields.Of(parameter.Value)));
        foreach (ImportedPolicy policy in document.Policies)
            Attempt($"policy '{policy.Policy.Name}' in vhost '{policy.Vhost}'", () => AddPolicy(draft, policy));
        foreach (ImportedParameter parameter in document.Parameters)
        {
            Attempt(
                $"parameter '{parameter.Name.Name}' of '{parameter.Name.Component}' in vhost '{parameter.Vhost}'",
                () => AddParameter(draft, parameter));
        }
        foreach (ImportedExchange exchange in document.Exchanges)
            Attempt($"exchange '{exchange.Name}' in vhost '{exchange.Vhost}'", () => AddExchange(draft, exchange));
        CheckQueueLimits(draft, store.Broker.Security, document.Queues);
        foreach (ImportedQueue queue in document.Queues)
            Attempt($"queue '{queue.Name}' in vhost '{queue.Vhost}'", () => AddQueue(draft, queue));
        foreach (ImportedBinding binding in document.Bindings)
        {
            Attempt(
                $"binding from '{binding.Source}' to '{binding.Destination}' in vhost '{binding.Vhost}'",
                () => AddBinding(draft, binding));
        }
        store.Commit(draft);
        store.Answers.WhenApplied(() =>
        {
            foreach (DefinitionsEntry entry in draft.Entries)
                Warn(store.Broker, entry);
        });
    }

    private static void Warn(MessageBroker broker, DefinitionsEntry entry)
    {
        if (entry is not PolicyEntry policy)
            return;
        foreach (string warning in PolicyAdministration.Warnings(policy.Vhost, policy.Policy, policy.IsOperators))
            broker.Log(LogLevel.Warning, LogCategory.Default, warning);
    }

    private static void AddPolicy(DefinitionsDraft draft, ImportedPolicy policy)
    {
        VhostOf(draft, policy.Vhost);
        draft.Add(new PolicyEntry(policy.Vhost, policy.Policy, policy.IsOperators));
    }

    private static void AddParameter(DefinitionsDraft draft, ImportedParameter parameter)
    {
        VhostOf(draft, parameter.Vhost);
        NameChecks.CheckValue(parameter.Value);
        draft.Add(new ParameterEntry(parameter.Vhost, parameter.Name, SortedFields.Of(parameter.Value)));
    }

    // By the limits from before the document, as in RabbitMQ, and in its words.
    private static void CheckQueueLimits(
        DefinitionsDraft draft, SecuritySnapshot before, IEnumerable<ImportedQueue> queues)
    {
        foreach (IGrouping<string, ImportedQueue> each in queues.GroupBy(queue => queue.Vhost))
        {
            if (before.LimitsOf(each.Key).MaxQueues is not { } limit || draft.FindVhost(each.Key) is not { } vhost)
                continue;
            int added = each.Select(queue => queue.Name).Distinct().Count(name => !vhost.Queues.Contains(name));
            if (added > 0 && vhost.Queues.Count + added > limit)
            {
                throw new DefinitionsException(
                    "queues",
                    $"cannot be made: Adding {added} queue(s) to virtual host \"{vhost.Name}\" would exceed the limit "
                    + $"of {limit} queue(s).\n\nThis virtual host currently has {vhost.Queues.Count} queue(s) defined."
                    + "\n\nImport aborted!");
            }
        }
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
        catch (AdministrationException refusal)
        {
            throw new DefinitionsException(what, $"cannot be kept: {refusal.Message}");
        }
    }

    private static void AddUser(DefinitionsDraft draft, ImportedUser imported)
    {
        PasswordHashing hashing = draft.Broker.PasswordHashing;
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
            VhostLimits present = draft.Security.LimitsOf(vhost.Name);
            VhostEntry entry = draft.FindVhost(vhost.Name) is { } there
                ? VhostEntry.Of(there, present)
                : new VhostEntry(vhost.Name, null, present);
            draft.Add(entry with
            {
                Description = vhost.Description ?? entry.Description,
                Tags = vhost.Tags ?? entry.Tags,
                DefaultQueueType = vhost.DefaultQueueType ?? entry.DefaultQueueType,
                Limits = limits.GetValueOrDefault(vhost.Name, present),
            });
        }
        foreach ((string name, VhostLimits limit) in limits)
        {
            Vhost vhost = draft.FindVhost(name)
                ?? throw new DefinitionsException("parameters", $"name the vhost '{name}', which there is not");
            draft.Add(VhostEntry.Of(vhost, limit));
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
        if (DelayStore.EntryOf(draft.Broker, draft.Topology, exchange.Vhost, declaration) is { } kept)
            draft.Add(kept);
        draft.Add(new ExchangeEntry(exchange.Vhost, declaration));
    }

    private static void AddQueue(DefinitionsDraft draft, ImportedQueue queue)
    {
        Vhost vhost = VhostOf(draft, queue.Vhost);
        BrokerOptions options = draft.Broker.Options;
        string defaultType = queue.Type ?? vhost.DefaultQueueType ?? options.DefaultQueueType;
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
        draft.Add(DeclareQueue.EntryOf(draft.Broker, draft.Topology, declaration, valid));
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
