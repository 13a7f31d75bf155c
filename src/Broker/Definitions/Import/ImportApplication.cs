using System.Security.Cryptography;
using Warren.Amqp;
using Warren.Broker.Arguments;
using Warren.Broker.Exchanges;
using Warren.Broker.Queues;
using Warren.Broker.Security;
using Warren.Broker.Topology;

namespace Warren.Broker.Definitions.Import;

/// <summary>
/// Applies a definitions document to a broker that is starting and serves nobody yet: all of it, or an exception that
/// names what does not fit, before anything was published.
/// </summary>
public static class ImportApplication
{
    /// <exception cref="DefinitionsException">Something of the document cannot be.</exception>
    public static void Apply(MessageBroker broker, DefinitionsDocument document)
    {
        SecuritySnapshot security = broker.Security;
        if (!PasswordHash.TryParseHashing(broker.Options.PasswordHashing, out PasswordHashing hashing))
            hashing = PasswordHashing.Sha256;
        foreach (ImportedUser user in document.Users)
        {
            security = security.WithUser(
                user.ToUser(hashing, RandomNumberGenerator.GetBytes(PasswordHash.SaltSizeBytes)));
        }
        foreach (ImportedVhost vhost in document.Vhosts)
            AddVhost(broker, vhost);
        foreach (ImportedVhost vhost in document.Vhosts)
            security = security.WithVhostLimits(vhost.Name, vhost.Limits);
        foreach (ImportedVhostLimits limits in document.VhostLimits)
            security = security.WithVhostLimits(limits.Vhost, limits.Limits);
        CheckUsers(security, document);
        foreach (ImportedPermission permission in document.Permissions)
            security = security.WithPermission(permission.User, permission.Vhost, permission.Permission);
        foreach (ImportedTopicPermission permission in document.TopicPermissions)
        {
            security = security.WithTopicPermission(
                permission.User, permission.Vhost, permission.Exchange, permission.Permission);
        }
        broker.Security = security;
        foreach (ImportedExchange exchange in document.Exchanges)
            Attempt($"exchange '{exchange.Name}' in vhost '{exchange.Vhost}'", () => AddExchange(broker, exchange));
        foreach (ImportedQueue queue in document.Queues)
            Attempt($"queue '{queue.Name}' in vhost '{queue.Vhost}'", () => AddQueue(broker, queue));
        foreach (ImportedBinding binding in document.Bindings)
        {
            Attempt(
                $"binding from '{binding.Source}' to '{binding.Destination}' in vhost '{binding.Vhost}'",
                () => AddBinding(broker, binding));
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
    }

    private static void AddVhost(MessageBroker broker, ImportedVhost vhost)
    {
        if (!broker.Topology.Vhosts.TryGetValue(vhost.Name, out Vhost? present))
            present = Vhost.Create(vhost.Name);
        broker.Topology = broker.Topology.With(present.WithDefaultQueueType(vhost.DefaultQueueType));
    }

    private static void AddExchange(MessageBroker broker, ImportedExchange exchange)
    {
        Vhost vhost = VhostOf(broker, exchange.Vhost);
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
        else
            broker.Topology = broker.Topology.With(vhost.WithExchange(ExchangeTypes.Create(declaration)));
    }

    private static void AddQueue(MessageBroker broker, ImportedQueue queue)
    {
        Vhost vhost = VhostOf(broker, queue.Vhost);
        string defaultType = vhost.DefaultQueueType ?? broker.Options.DefaultQueueType;
        ValidQueue valid = DeclareQueue.Validate(
            queue.Vhost, queue.Name, queue.Durable, false, queue.AutoDelete,
            queue.Arguments, defaultType, broker.Options);
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
        else
            broker.Definitions.Create(vhost, declaration);
    }

    private static void AddBinding(MessageBroker broker, ImportedBinding imported)
    {
        Vhost vhost = VhostOf(broker, imported.Vhost);
        DestinationKind kind = imported.ToExchange ? DestinationKind.Exchange : DestinationKind.Queue;
        var binding = new Binding(imported.Source, kind, imported.Destination, imported.RoutingKey, imported.Arguments);
        // The default exchange's bindings are implied by the queues.
        if (imported.Source.Length == 0)
            return;
        ChangeBinding.CheckEnds(vhost, binding);
        broker.Topology = broker.Topology.With(vhost.WithBinding(binding));
    }

    private static Vhost VhostOf(MessageBroker broker, string name) =>
        broker.Topology.Vhosts.TryGetValue(name, out Vhost? vhost) ? vhost : throw Refusals.NoVhost(name);
}
