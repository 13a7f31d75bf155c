using System.Text;
using Warren.Amqp;
using Warren.Broker.Arguments;
using Warren.Broker.Connections;
using Warren.Broker.Delays;
using Warren.Broker.Exchanges;
using Warren.Broker.Messages;
using Warren.Broker.Queues;
using Warren.Broker.Security;
using Warren.Broker.Topology;
using Warren.Storage;

namespace Warren.Broker.Channels;

/// <summary>
/// basic.publish of one channel: gathers the content, checks it, routes it on the published topology and adds it to
/// what the connection's turn posts. Owned by that turn. In the steady state a message costs one copy into the
/// connection's slab and no allocation.
/// </summary>
internal sealed class ChannelPublisher
{
    /// <summary>
    /// A message for several queues is written once from this size on. Below it a record for each costs less than
    /// remembering what they share.
    /// </summary>
    private const int SharedFromBytes = 4096;

    private readonly Channel _channel;
    private readonly Connection _connection;
    private readonly ContentAssembly _content;
    private readonly RouteCache _cache = new();
    private byte[] _username = [];
    // The body of a message that waits, unless it was gathered from several frames.
    private byte[]? _held;
    private ulong _sequence;

    /// <summary>The number of the last publish that is to be confirmed.</summary>
    public ulong Sequence => _sequence;

    public ChannelPublisher(Channel channel)
    {
        _channel = channel;
        _connection = channel.Connection;
        _content = new ContentAssembly(_connection.Broker.Options.MaxMessageSizeBytes);
    }

    /// <summary>The method whose content is under way, or 0.</summary>
    public uint PendingMethod => _content.IsOpen ? MethodId.BasicPublish : 0;

    public bool IsInContent => _content.IsOpen;

    /// <summary>
    /// A whole message has come, and waits: for a barrier, since it goes nowhere on this node, or until the node may
    /// route it, or for an alarm to pass that stops a queue which it goes to.
    /// </summary>
    public bool IsHeld { get; private set; }

    public void OnMethod(scoped in BasicPublish publish) => _content.Begin(publish);

    public void OnContentFrame(Frame frame)
    {
        if (frame.Type == FrameType.Method)
            throw ContentAssembly.Unexpected(_content.HasHeader
                ? "expected content body, got non content body frame instead"
                : "expected content header for class 60, got non content header frame instead");
        if (!_content.HasHeader)
        {
            if (frame.Type != FrameType.Header)
            {
                throw ContentAssembly.Unexpected(
                    "expected content header for class 60, got non content header frame instead");
            }
            if (_content.AddHeader(ContentHeader.Read(frame.Payload)))
                Complete([], isGathered: false);
            return;
        }
        if (frame.Type != FrameType.Body)
            throw ContentAssembly.Unexpected("expected content body, got non content body frame instead");
        if (_content.AddBody(frame.Payload, out bool wholeBody))
            Complete(wholeBody ? frame.Payload : [], isGathered: !wholeBody);
    }

    public void Reset()
    {
        IsHeld = false;
        _held = null;
        _content.Reset();
    }

    /// <summary>What the message waited for has come.</summary>
    public void CompleteHeld()
    {
        byte[]? body = _held;
        IsHeld = false;
        _held = null;
        try
        {
            Complete(body, isGathered: body is null);
        }
        catch (AmqpException error) when (error.ClassId == 0 && !error.IsNobodysMethod)
        {
            (error.ClassId, error.MethodId) = (BasicPublish.ClassId, BasicPublish.MethodId);
            throw;
        }
    }

    private void Complete(ReadOnlySpan<byte> body, bool isGathered)
    {
        PropertiesView properties = PropertiesView.Parse(_content.Properties);
        if (_content.Immediate)
            throw new AmqpException(ReplyCode.NotImplemented, "immediate=true");
        if (!_connection.Broker.Definitions.Gate.IsOpen)
        {
            Hold(body, isGathered);
            _channel.WaitForGate();
            return;
        }
        ReadOnlySpan<QueueDefinition> queues = Route(properties, out ReadOnlySpan<RouteDelay> delays, out bool isReply);
        if (queues.IsEmpty && delays.IsEmpty && !isReply && _channel.MayLookAgain)
        {
            Hold(body, isGathered);
            _channel.WaitForBarrier();
            return;
        }
        if (_connection.PublishBlock.Stops(queues, delays))
        {
            Hold(body, isGathered);
            _channel.WaitForAlarm();
            return;
        }
        long ttlMs = Check(properties);
        Message message = Store(properties, body, isGathered);
        byte priority = properties.Priority;
        bool persistent = properties.IsPersistent;
        bool mandatory = _content.Mandatory;
        _content.Reset();
        if (isReply)
            _connection.Broker.DirectReplies.Deliver(message);
        if (_channel.Transaction is { } transaction)
        {
            transaction.AddPublish(message, queues, delays, ttlMs, priority, persistent, mandatory);
        }
        else
        {
            Post(
                message, queues, delays, ttlMs, priority, persistent, mandatory,
                _channel.IsConfirming ? ++_sequence : 0);
        }
    }

    private void Hold(ReadOnlySpan<byte> body, bool isGathered)
    {
        IsHeld = true;
        _held = isGathered ? null : body.ToArray();
    }

    /// <summary>Posts a message to where it was routed; takes over its one reference.</summary>
    /// <param name="message">The message.</param>
    /// <param name="queues">Where it goes.</param>
    /// <param name="delays">Delayed exchanges where it waits first.</param>
    /// <param name="ttlMs">Its own time to live; -1 is none.</param>
    /// <param name="priority">0 to 255.</param>
    /// <param name="persistent">delivery-mode 2.</param>
    /// <param name="mandatory">Returned if it goes nowhere.</param>
    /// <param name="sequence">The confirm's number; 0 without confirms.</param>
    private void Post(
        Message message, ReadOnlySpan<QueueDefinition> queues, ReadOnlySpan<RouteDelay> delays, long ttlMs,
        byte priority, bool persistent, bool mandatory, ulong sequence)
    {
        int targets = queues.Length + delays.Length;
        if (targets == 0)
        {
            Unroutable(message, mandatory, sequence);
            return;
        }
        if (mandatory && delays.IsEmpty && AreAllAway(queues))
        {
            // As RabbitMQ returns it; but what nobody has is not confirmed.
            _connection.Outbox.Post(OutboxItem.Return(_channel.Deliveries, message));
            if (sequence > 0)
                _connection.Outbox.Post(OutboxItem.Confirm(_channel.Deliveries, sequence, accepted: false));
            foreach (QueueDefinition queue in queues)
                QueueReports.Refused(_connection.Broker, queue, 1);
            return;
        }
        SharedBody? shared = persistent && queues.Length > 1 ? Share(message, queues) : null;
        PublishGroup? group = targets > 1 && (sequence > 0 || shared is not null)
            ? new PublishGroup(targets, commit: null) { SharedBody = shared }
            : null;
        PostTo(
            message, queues, delays, ttlMs, priority, persistent,
            sequence > 0 ? _channel.Deliveries : null, sequence, group);
    }

    private static bool AreAllAway(ReadOnlySpan<QueueDefinition> queues)
    {
        foreach (QueueDefinition queue in queues)
        {
            if (queue.Home.Unavailable is null)
                return false;
        }
        return true;
    }

    // Writes a message that several queues store once for them all.
    private SharedBody? Share(in Message message, ReadOnlySpan<QueueDefinition> queues)
    {
        if (_connection.Broker.Storage is not { } log || message.SizeBytes < SharedFromBytes)
            return null;
        int storing = 0;
        foreach (QueueDefinition queue in queues)
            storing += queue.SurvivesRestart && !queue.Home.IsRemote ? 1 : 0;
        if (storing < 2)
            return null;
        try
        {
            return log.AppendBody(message.Bytes, message.Slab.HoldUntilWritten(message.SizeBytes));
        }
        catch (StorageFailedException)
        {
            // The node stops; the queues find that out for themselves.
            return null;
        }
    }

    /// <summary>The posting itself; a transaction comes here at commit with its group.</summary>
    internal void PostTo(
        Message message, ReadOnlySpan<QueueDefinition> queues, ReadOnlySpan<RouteDelay> delays, long ttlMs,
        byte priority, bool persistent, DeliveryChannel? publisher, ulong sequence, PublishGroup? group)
    {
        if (queues.Length + delays.Length > 1)
            _connection.Slabs.AddReferences(message.Slab, queues.Length + delays.Length - 1);
        int weightBytes = message.SizeBytes + PublishCredit.MessageOverheadBytes;
        foreach (QueueDefinition queue in queues)
        {
            // Of a queue on another node the channel hears even without confirms, if the message cannot be stored.
            DeliveryChannel? teller = queue.Home.IsRemote ? _channel.Deliveries : publisher;
            _connection.AddPost(
                queue.Home,
                QueueCommand.Publish(message, priority, persistent, ttlMs, teller, sequence, group),
                weightBytes);
        }
        foreach (RouteDelay delay in delays)
        {
            if (_connection.Broker.Delays.FindStore(_connection.VhostName, delay) is { } store)
            {
                _connection.AddPost(
                    store,
                    QueueCommand.Publish(
                        message, priority, persistent, delay.DelayMs, _channel.Deliveries, sequence, group),
                    weightBytes);
                continue;
            }
            _connection.Credit.Take(weightBytes);
            _connection.Broker.Delays.Add(new DelayedMessage(
                _connection.VhostName, delay, message, publisher, sequence, group, _connection.Credit));
        }
    }

    internal void Unroutable(Message message, bool mandatory, ulong sequence)
    {
        if (mandatory)
            _connection.Outbox.Post(OutboxItem.Return(_channel.Deliveries, message));
        else
            message.Slab.Release(1);
        if (sequence > 0)
            _connection.Outbox.Post(OutboxItem.Confirm(_channel.Deliveries, sequence, accepted: true));
    }

    private ReadOnlySpan<QueueDefinition> Route(
        PropertiesView properties, out ReadOnlySpan<RouteDelay> delays, out bool isReply)
    {
        delays = default;
        isReply = false;
        Vhost? vhost = _connection.Vhost;
        if (_cache.Find(vhost, _connection.Broker.Security, _content.Envelope) is { } known
            && (!properties.HasHeaders || !HasSenderSelected(properties)))
            return known;
        string exchangeName = WireText.Decode(_content.Exchange);
        if (!IsThere(vhost, exchangeName))
            return default;
        if (properties.HasHeaders)
            HasSenderSelected(properties);
        Span<char> key = stackalloc char[256];
        key = key[..Encoding.UTF8.GetChars(_content.RoutingKey, key)];
        RouteSet routes = _connection.Routes;
        Router.Route(vhost!, exchangeName, new RoutingInput(key, properties), routes);
        if (exchangeName.Length == 0 && DirectReplies.IsReplyAddress(_content.RoutingKey))
            isReply = true;
        else if (routes.IsCacheable && routes.Delays.IsEmpty)
            _cache.Add(_content.Envelope, routes.Queues);
        delays = routes.Delays;
        return routes.Queues;
    }

    // False: another node may have it. Throws if it is certain that it is missing, and if one may not publish there.
    private bool IsThere(Vhost? vhost, string name)
    {
        // Permission first: who may not publish there is not told whether it exists.
        _connection.Permissions.Check(Access.Write, ResourceKind.Exchange, name);
        if (vhost is null || !vhost.Exchanges.TryGetValue(name, out Exchange? exchange))
            return _channel.MayLookAgain ? false : throw _channel.NoSuch(ResourceKind.Exchange, name);
        if (exchange.Internal)
        {
            throw new AmqpException(
                ReplyCode.AccessRefused,
                $"cannot publish to internal {ResourceName.Describe(ResourceKind.Exchange, name, vhost.Name)}");
        }
        if (exchange.Type == ExchangeTypes.Topic)
            _connection.Permissions.CheckTopic(Access.Write, name, _content.RoutingKey);
        return true;
    }

    // Returns the time to live, -1 for none.
    private long Check(PropertiesView properties)
    {
        if (properties.IsEmpty)
            return -1;
        if (properties.HasUserId)
        {
            if (_username.Length == 0)
                _username = Encoding.UTF8.GetBytes(_connection.User!.Name);
            PublishChecks.CheckUserId(properties.UserId, _username, _connection.User!.MayImpersonate);
        }
        long ttlMs = properties.HasExpiration ? PublishChecks.ParseExpiration(properties.Expiration) : -1;
        if (properties.HasDeliveryMode)
            PublishChecks.CheckDeliveryMode(properties.DeliveryMode);
        return ttlMs;
    }

    private static bool HasSenderSelected(PropertiesView properties)
    {
        bool has = false;
        if (properties.TryFindHeader("CC"u8, out FieldValue copies))
        {
            PublishChecks.CheckRoutingHeader("CC", copies);
            has = true;
        }
        if (properties.TryFindHeader("BCC"u8, out FieldValue blindCopies))
        {
            PublishChecks.CheckRoutingHeader("BCC", blindCopies);
            has = true;
        }
        return has;
    }

    private Message Store(PropertiesView properties, ReadOnlySpan<byte> body, bool isGathered)
    {
        bool replies = properties.HasReplyTo && properties.ReplyTo.SequenceEqual(DirectReplies.QueueName);
        bool hidesBlindCopies = properties.HasHeaders && properties.TryFindHeader("BCC"u8, out FieldValue _);
        if (!replies && !hidesBlindCopies)
        {
            return isGathered
                ? _content.TakeGathered(_connection.Broker.Slabs)
                : _connection.Slabs.Append(_content.Envelope, _content.Properties, body);
        }
        BasicProperties changed = BasicProperties.Decode(_content.Properties);
        if (replies)
            changed.ReplyTo = _channel.Consumers.ReplyAddress;
        if (hidesBlindCopies)
        {
            changed.Headers = changed.Headers!.Clone();
            changed.Headers.Remove("BCC");
        }
        byte[] encoded = new byte[changed.EncodedSizeBytes];
        changed.Encode(encoded);
        if (!isGathered)
            return _connection.Slabs.Append(_content.Envelope, encoded, body);
        Message gathered = _content.TakeGathered(_connection.Broker.Slabs);
        Message message = _connection.Slabs.Append(gathered.Envelope, encoded, gathered.Body);
        gathered.Slab.Release(1);
        return message;
    }
}
