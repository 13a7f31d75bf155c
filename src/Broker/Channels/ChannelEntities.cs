using Warren.Amqp;
using Warren.Broker.Arguments;
using Warren.Broker.Connections;
using Warren.Broker.Definitions;
using Warren.Broker.Exchanges;
using Warren.Broker.Queues;
using Warren.Broker.Security;
using Warren.Broker.Topology;

namespace Warren.Broker.Channels;

/// <summary>
/// Declaring, binding and deleting on one channel: permissions and rules are checked here, in the connection's turn,
/// the change itself is made in the definitions' turn. The checks come in RabbitMQ's order, since the first one that
/// fails is what the client is told.
/// </summary>
internal sealed class ChannelEntities
{
    private readonly Channel _channel;
    private readonly Connection _connection;
    private string? _lastQueue;

    public ChannelEntities(Channel channel)
    {
        _channel = channel;
        _connection = channel.Connection;
    }

    private MessageBroker Broker => _connection.Broker;

    private string VhostName => _connection.VhostName;

    private string DefaultQueueType => _connection.Vhost?.DefaultQueueType ?? Broker.Options.DefaultQueueType;

    public bool TryHandle(uint method, ref WireReader reader)
    {
        switch (method)
        {
            case MethodId.QueueDeclare:
                OnQueueDeclare(QueueDeclare.Read(ref reader));
                return true;
            case MethodId.QueueDelete:
                OnQueueDelete(QueueDelete.Read(ref reader));
                return true;
            case MethodId.QueuePurge:
                OnQueuePurge(QueuePurge.Read(ref reader));
                return true;
            case MethodId.QueueBind:
                QueueBind bind = QueueBind.Read(ref reader);
                OnQueueBinding(
                    bind.QueueText, bind.ExchangeText, bind.RoutingKeyText, bind.Arguments, bind.NoWait, adds: true);
                return true;
            case MethodId.QueueUnbind:
                QueueUnbind unbind = QueueUnbind.Read(ref reader);
                OnQueueBinding(
                    unbind.QueueText, unbind.ExchangeText, unbind.RoutingKeyText,
                    unbind.Arguments, noWait: false, adds: false);
                return true;
            case MethodId.ExchangeDeclare:
                OnExchangeDeclare(ExchangeDeclare.Read(ref reader));
                return true;
            case MethodId.ExchangeDelete:
                OnExchangeDelete(ExchangeDelete.Read(ref reader));
                return true;
            case MethodId.ExchangeBind:
                ExchangeBind e2e = ExchangeBind.Read(ref reader);
                OnExchangeBinding(
                    e2e.DestinationText, e2e.SourceText, e2e.RoutingKeyText, e2e.Arguments, e2e.NoWait, adds: true);
                return true;
            case MethodId.ExchangeUnbind:
                ExchangeUnbind undo = ExchangeUnbind.Read(ref reader);
                OnExchangeBinding(
                    undo.DestinationText, undo.SourceText, undo.RoutingKeyText,
                    undo.Arguments, undo.NoWait, adds: false);
                return true;
            default:
                return false;
        }
    }

    /// <summary>The queue named, or the one last declared on this channel if none is.</summary>
    public string NameOrLast(string name)
    {
        if (name.Length > 0)
            return name;
        return _lastQueue ?? throw new AmqpException(ReplyCode.NotFound, "no previously declared queue");
    }

    /// <summary>The queue, if it exists and is not exclusively another connection's.</summary>
    public QueueDefinition FindAccessible(string name)
    {
        if (_connection.Vhost is not { } vhost || !vhost.Queues.TryGetValue(name, out QueueDefinition? queue))
            throw _channel.NoSuch(ResourceKind.Queue, name);
        if (queue.OwnerConnectionId != 0 && !queue.IsOwnedBy(_connection.Id))
            throw QueueEquivalence.Locked(name, VhostName);
        if (queue.Home.Unavailable is { } error)
            throw error;
        return queue;
    }

    private void OnQueueDeclare(QueueDeclare declare)
    {
        string name = ResourceName.WithoutLineBreaks(declare.QueueText);
        if (name == DirectReplies.QueueText
            || (declare.Passive && DirectReplies.IsReplyAddress(name) && Broker.DirectReplies.IsAlive(name)))
        {
            if (!declare.NoWait)
                _connection.Send(_channel.Number, new QueueDeclareOk(name, 0, 1));
            return;
        }
        if (declare.Passive)
        {
            DeclarePassively(name, declare.NoWait);
            return;
        }
        ValidQueue? valid = null;
        if (name.Length == 0)
        {
            valid = Validate("", declare);
            name = $"amq.gen-{ChannelConsumers.RandomName()}";
        }
        QueueDefinition? present = null;
        _connection.Vhost?.Queues.TryGetValue(name, out present);
        if (present is null && valid is null)
            ResourceName.CheckNew(ResourceKind.Queue, name);
        _connection.Permissions.Check(Access.Configure, ResourceKind.Queue, name);
        if (present is null)
        {
            valid ??= Validate(name, declare);
            CheckDeadLettering(name, valid.Settings.DeadLetterExchange);
        }
        var declaration = new QueueDeclaration
        {
            Vhost = VhostName,
            Name = name,
            Durable = declare.Durable,
            Exclusive = declare.Exclusive,
            AutoDelete = declare.AutoDelete,
            Arguments = declare.Arguments,
            ConnectionId = _connection.Id,
            Valid = valid,
        };
        Declare(declaration, present, declare.NoWait);
    }

    private void Declare(QueueDeclaration declaration, QueueDefinition? present, bool noWait)
    {
        // Else what it is compared with may have gone.
        if (present is not null && Broker.Definitions.HasLease)
        {
            DeclareQueue.CheckAgainst(
                present, declaration, DefaultQueueType, Broker.Options.RelaxesQuorumRedeclaration);
            if (present.Home.Unavailable is { } error)
                throw error;
        }
        _connection.OwnsQueues |= declaration.Exclusive;
        _lastQueue = declaration.Name;
        var request = _channel.SuspendFor(new DeclaredRequest(_channel, noWait, declaration) { Asked = present });
        // Who is told that a durable queue is there may rely on it: the definitions know when it is on disk.
        if (present is not null && Broker.Definitions.MayTell(present.SurvivesRestart))
            _connection.AddPost(present.Home, QueueCommand.Status(request, touches: true));
        else
            Broker.Definitions.Post(new DeclareQueue(request));
    }

    private void DeclarePassively(string name, bool noWait)
    {
        QueueDefinition queue = FindAccessible(name);
        _lastQueue = name;
        var declaration =
            new QueueDeclaration { Vhost = VhostName, Name = name, IsPassive = true, ConnectionId = _connection.Id };
        var request = _channel.SuspendFor(new DeclaredRequest(_channel, noWait, declaration));
        if (Broker.Definitions.HasLease)
            _connection.AddPost(queue.Home, QueueCommand.Status(request, touches: false));
        else
            Broker.Definitions.Post(new DeclareQueue(request));
    }

    private ValidQueue Validate(string name, QueueDeclare declare) =>
        DeclareQueue.Validate(
            VhostName, name, declare.Durable, declare.Exclusive, declare.AutoDelete,
            declare.Arguments, DefaultQueueType, Broker.Options);

    // Who dead-letters reads the queue and writes to the exchange, so he must be allowed both.
    private void CheckDeadLettering(string queue, string? exchange)
    {
        if (exchange is null)
            return;
        _connection.Permissions.Check(Access.Read, ResourceKind.Queue, queue);
        _connection.Permissions.Check(Access.Write, ResourceKind.Exchange, exchange);
    }

    private void OnQueueDelete(QueueDelete delete)
    {
        string name = NameOrLast(delete.QueueText);
        _connection.Permissions.Check(Access.Configure, ResourceKind.Queue, name);
        bool isThere = _connection.Vhost?.Queues.TryGetValue(name, out _) == true;
        // Nor may what is there be deleted as long as it may have given way to another of its name.
        if (_channel.MayLookAgain && !(isThere && Broker.Definitions.HasLease))
            throw _channel.NoSuch(ResourceKind.Queue, name);
        if (!isThere)
        {
            DeleteNothing(delete.NoWait);
            return;
        }
        QueueDefinition queue = FindAccessible(name);
        var request = _channel.SuspendFor(new DeleteQueueRequest(_channel, delete.NoWait, queue));
        _connection.AddPost(queue.Home, QueueCommand.Close(request, delete.IfUnused, delete.IfEmpty));
    }

    // It may be gone since a moment ago, and back after a crash.
    private void DeleteNothing(bool noWait)
    {
        if (Broker.Definitions.IsSettled)
        {
            if (!noWait)
                _connection.Send(_channel.Number, new QueueDeleteOk(0));
            return;
        }
        ChannelRequest request = _channel.SuspendFor(new ChannelRequest(_channel, noWait));
        Broker.Definitions.Post(new AnswerGone(request, () => request.Succeed(new QueueDeleteOk(0))));
    }

    private void OnQueuePurge(QueuePurge purge)
    {
        string name = NameOrLast(purge.QueueText);
        _connection.Permissions.Check(Access.Read, ResourceKind.Queue, name);
        QueueDefinition queue = FindAccessible(name);
        var request = _channel.SuspendFor(new PurgeRequest(_channel, purge.NoWait, queue));
        _connection.AddPost(queue.Home, QueueCommand.Purge(request));
    }

    private void OnQueueBinding(
        string queueText, string exchange, string key, FieldTable arguments, bool noWait, bool adds)
    {
        string queue = NameOrLast(queueText);
        // An empty key means the queue's name when the queue was left out too.
        string routingKey = queueText.Length == 0 && key.Length == 0 ? queue : key;
        _connection.Permissions.Check(Access.Write, ResourceKind.Queue, queue);
        ResourceName.CheckNotDefaultExchange(exchange);
        _connection.Permissions.Check(Access.Read, ResourceKind.Exchange, exchange);
        CheckTopic(exchange, routingKey);
        if (adds && Find(exchange) is not null)
            FindAccessible(queue);
        PostBinding(new Binding(exchange, DestinationKind.Queue, queue, routingKey, arguments), noWait, adds);
    }

    private void OnExchangeBinding(
        string destination, string source, string key, FieldTable arguments, bool noWait, bool adds)
    {
        ResourceName.CheckNotDefaultExchange(destination);
        ResourceName.CheckNotDefaultExchange(source);
        _connection.Permissions.Check(Access.Write, ResourceKind.Exchange, destination);
        _connection.Permissions.Check(Access.Read, ResourceKind.Exchange, source);
        CheckTopic(source, key);
        PostBinding(new Binding(source, DestinationKind.Exchange, destination, key, arguments), noWait, adds);
    }

    private void CheckTopic(string exchange, string key)
    {
        // Else it would be bound where only others know that keys are to be checked.
        if (_channel.MayLookAgain && Find(exchange) is null)
            throw _channel.NoSuch(ResourceKind.Exchange, exchange);
        if (Find(exchange)?.Type == ExchangeTypes.Topic)
            _connection.Permissions.CheckTopic(Access.Read, exchange, System.Text.Encoding.UTF8.GetBytes(key));
    }

    private void PostBinding(Binding binding, bool noWait, bool adds)
    {
        var request = _channel.SuspendFor(new ChannelRequest(_channel, noWait));
        Broker.Definitions.Post(new ChangeBinding(request, VhostName, binding, adds));
    }

    private void OnExchangeDeclare(ExchangeDeclare declare)
    {
        string name = ResourceName.WithoutLineBreaks(declare.ExchangeText);
        ResourceName.CheckNotDefaultExchange(name);
        if (declare.Passive)
        {
            if (Find(name) is not { } found)
                throw _channel.NoSuch(ResourceKind.Exchange, name);
            if (Broker.Definitions.MayTell(found.Durable))
                Confirm(declare.NoWait);
            else
                Broker.Definitions.Post(new FindExchange(
                    _channel.SuspendFor(new ChannelRequest(_channel, declare.NoWait)), VhostName, name));
            return;
        }
        ExchangeArguments.CheckType(declare.TypeText);
        Exchange? present = Find(name);
        if (present is null)
            ResourceName.CheckNew(ResourceKind.Exchange, name);
        _connection.Permissions.Check(Access.Configure, ResourceKind.Exchange, name);
        string? alternate = ExchangeArguments.Validate(VhostName, name, declare.TypeText, declare.Arguments);
        if (alternate is not null)
        {
            _connection.Permissions.Check(Access.Read, ResourceKind.Exchange, name);
            _connection.Permissions.Check(Access.Write, ResourceKind.Exchange, alternate);
        }
        var declaration = new ExchangeDeclaration
        {
            Name = name,
            Type = declare.TypeText,
            Durable = declare.Durable,
            AutoDelete = declare.AutoDelete,
            Internal = declare.Internal,
            Arguments = declare.Arguments,
        };
        // Else what it is compared with may have gone.
        if (present is not null && Broker.Definitions.HasLease)
        {
            DeclareExchange.CheckAgainst(present, VhostName, declaration);
            if (Broker.Definitions.MayTell(present.Durable))
            {
                Confirm(declare.NoWait);
                return;
            }
        }
        var request = _channel.SuspendFor(new ChannelRequest(_channel, declare.NoWait));
        Broker.Definitions.Post(new DeclareExchange(request, VhostName, declaration));
    }

    private void OnExchangeDelete(ExchangeDelete delete)
    {
        string name = delete.ExchangeText;
        ResourceName.CheckNotDefaultExchange(name);
        ResourceName.CheckExchangeDeletion(name, VhostName);
        _connection.Permissions.Check(Access.Configure, ResourceKind.Exchange, name);
        var request = _channel.SuspendFor(new ChannelRequest(_channel, delete.NoWait));
        Broker.Definitions.Post(new DeleteExchange(request, VhostName, name, delete.IfUnused));
    }

    private void Confirm(bool noWait)
    {
        if (!noWait)
            _connection.Send(_channel.Number, new ExchangeDeclareOk());
    }

    private Exchange? Find(string name) =>
        _connection.Vhost is { } vhost && vhost.Exchanges.TryGetValue(name, out Exchange? exchange) ? exchange : null;
}
