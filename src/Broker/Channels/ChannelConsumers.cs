using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Warren.Amqp;
using Warren.Broker.Arguments;
using Warren.Broker.Connections;
using Warren.Broker.Queues;
using Warren.Broker.Security;

namespace Warren.Broker.Channels;

/// <summary>
/// The consuming side of one channel: basic.consume, cancel, get, qos, ack, nack, reject, recover. Owned by the
/// connection's turn.
/// </summary>
internal sealed class ChannelConsumers
{
    private readonly Channel _channel;
    private readonly Connection _connection;
    private readonly Dictionary<string, Consumer> _consumers = new(StringComparer.Ordinal);
    private readonly List<UnackedDelivery> _taken = [];
    private readonly SharedPrefetch _shared = new();
    private ReplyConsumer? _replies;
    private ushort _prefetchCount;

    public ChannelConsumers(Channel channel)
    {
        _channel = channel;
        _connection = channel.Connection;
    }

    /// <summary>What a reply-to of the pseudo-queue becomes.</summary>
    public string ReplyAddress =>
        _replies?.Address ?? throw new AmqpException(
            ReplyCode.PreconditionFailed, "fast reply consumer does not exist");

    /// <summary>For consumers to come; 0 is unlimited.</summary>
    public int PrefetchCount => _prefetchCount;

    /// <summary>Shared by all consumers; 0 is unlimited.</summary>
    public int GlobalPrefetchCount => _shared.Limit;

    /// <summary>Consumers of queues.</summary>
    public int Count => _consumers.Count;

    public bool HasReplyConsumer => _replies is not null;

    public bool TryHandle(uint method, ref WireReader reader)
    {
        switch (method)
        {
            case MethodId.BasicAck:
                BasicAck ack = BasicAck.Read(ref reader);
                Settle(ack.DeliveryTag, ack.Multiple, SettlementKind.Acknowledge);
                return true;
            case MethodId.BasicNack:
                BasicNack nack = BasicNack.Read(ref reader);
                Settle(nack.DeliveryTag, nack.Multiple, nack.Requeue ? SettlementKind.Requeue : SettlementKind.Reject);
                return true;
            case MethodId.BasicReject:
                BasicReject reject = BasicReject.Read(ref reader);
                Settle(
                    reject.DeliveryTag, multiple: false,
                    reject.Requeue ? SettlementKind.Requeue : SettlementKind.Reject);
                return true;
            case MethodId.BasicGet:
                OnGet(BasicGet.Read(ref reader));
                return true;
            case MethodId.BasicConsume:
                OnConsume(BasicConsume.Read(ref reader));
                return true;
            case MethodId.BasicCancel:
                OnCancel(BasicCancel.Read(ref reader));
                return true;
            case MethodId.BasicQos:
                OnQos(BasicQos.Read(ref reader));
                return true;
            case MethodId.BasicRecover:
                OnRecover(BasicRecover.Read(ref reader).Requeue);
                _connection.Send(_channel.Number, new BasicRecoverOk());
                return true;
            case MethodId.BasicRecoverAsync:
                OnRecover(BasicRecoverAsync.Read(ref reader).Requeue);
                return true;
            default:
                return false;
        }
    }

    /// <summary>The channel is over: its consumers go, what it has not settled goes back.</summary>
    public void End()
    {
        _taken.Clear();
        _channel.Deliveries.Close(_taken);
        // Who is served next gets what comes back before what is newer.
        HashSet<QueueHome> together =
            _taken.Count == 0 ? [] : [.. _consumers.Values.Select(consumer => consumer.Queue)];
        long cause = (_connection.Id << 16) | _channel.Number;
        foreach (QueueHome queue in together)
            _connection.AddPost(queue, QueueCommand.Together(cause, begins: true));
        foreach (Consumer consumer in _consumers.Values)
            _connection.AddPost(consumer.Queue, QueueCommand.CancelConsumer(consumer, null));
        _consumers.Clear();
        if (_replies is not null)
            _connection.Broker.DirectReplies.Remove(_replies);
        _replies = null;
        // In the order of delivery; each finds its own place.
        foreach (UnackedDelivery delivery in _taken)
        {
            _connection.AddPost(
                delivery.Queue, QueueCommand.Return(
                    delivery.Slot, delivery.Position, countsDelivery: true, delivery.Epoch));
        }
        _taken.Clear();
        foreach (QueueHome queue in together)
            _connection.AddPost(queue, QueueCommand.Together(cause, begins: false));
    }

    /// <summary>A queue has ended a consumer on its own account.</summary>
    public void Ended(Consumer consumer)
    {
        if (!_consumers.TryGetValue(consumer.Tag, out Consumer? known) || known != consumer)
            return;
        _consumers.Remove(consumer.Tag);
        if (_connection.Handshake.Client.WantsCancel)
            _connection.Send(_channel.Number, new BasicCancel(consumer.Tag, noWait: true));
    }

    /// <summary>A queue has taken back what a consumer did not settle in time.</summary>
    public void FreePlaces(Consumer consumer) => GiveBack(_channel.Deliveries.FreePlaces(consumer));

    /// <summary>A consumer was refused and its method is handled again: the tag is free.</summary>
    public void Forget(Consumer consumer)
    {
        if (_consumers.TryGetValue(consumer.Tag, out Consumer? known) && known == consumer)
            _consumers.Remove(consumer.Tag);
    }

    public void PostSettlement(in UnackedDelivery delivery, SettlementKind kind)
    {
        QueueCommand command = kind switch
        {
            SettlementKind.Acknowledge => QueueCommand.Settle(delivery.Slot, delivery.Position, delivery.Epoch),
            SettlementKind.Reject => QueueCommand.Reject(delivery.Slot, delivery.Position, delivery.Epoch),
            SettlementKind.Requeue => QueueCommand.Requeue(delivery.Slot, delivery.Position, delivery.Epoch),
            _ => QueueCommand.Return(delivery.Slot, delivery.Position, countsDelivery: true, delivery.Epoch),
        };
        _connection.AddPost(delivery.Queue, command);
    }

    private void Settle(ulong tag, bool multiple, SettlementKind kind)
    {
        _taken.Clear();
        if (!_channel.Deliveries.TryTake(tag, multiple, _taken))
            throw new AmqpException(ReplyCode.PreconditionFailed, $"unknown delivery tag {tag}");
        int places = 0;
        foreach (ref readonly UnackedDelivery delivery in CollectionsMarshal.AsSpan(_taken))
        {
            if (_channel.Transaction is { } transaction)
            {
                // It keeps its place until the commit: it may come back.
                transaction.AddSettlement(delivery, kind);
                continue;
            }
            PostSettlement(delivery, kind);
            places += delivery.HoldsPlace ? 1 : 0;
        }
        _taken.Clear();
        GiveBack(places);
    }

    /// <summary>
    /// Gives places of the shared prefetch back: queues that were refused one must look again once there is room.
    /// </summary>
    public void GiveBack(int count)
    {
        if (count == 0)
            return;
        _shared.Give(count);
        if (!_shared.TakeStarved())
            return;
        foreach (Consumer consumer in _consumers.Values)
            _connection.AddPost(consumer.Queue, QueueCommand.Resume(consumer));
    }

    private void OnQos(BasicQos qos)
    {
        if (qos.PrefetchSize != 0)
            throw new AmqpException(ReplyCode.NotImplemented, $"prefetch_size!=0 ({qos.PrefetchSize})");
        if (!qos.Global)
        {
            _prefetchCount = qos.PrefetchCount;
        }
        else
        {
            _shared.SetLimit(qos.PrefetchCount, qos.PrefetchCount == 0 ? 0 : _channel.Deliveries.HoldPlaces());
            _shared.TakeStarved();
            foreach (Consumer consumer in _consumers.Values)
                _connection.AddPost(consumer.Queue, QueueCommand.Resume(consumer));
        }
        _connection.Send(_channel.Number, new BasicQosOk());
    }

    private void OnConsume(BasicConsume consume)
    {
        string queueName = _channel.Entities.NameOrLast(consume.QueueText);
        string tag = consume.ConsumerTagText;
        if (tag.Length > 0 && (_consumers.ContainsKey(tag) || _replies?.Tag == tag))
            throw new AmqpException(ReplyCode.NotAllowed, $"attempt to reuse consumer tag '{tag}'");
        if (tag.Length == 0)
            tag = $"amq.ctag-{RandomName()}";
        if (queueName == DirectReplies.QueueText)
        {
            ConsumeReplies(consume, tag);
            return;
        }
        _connection.Permissions.Check(Access.Read, ResourceKind.Queue, queueName);
        QueueDefinition queue = _channel.Entities.FindAccessible(queueName);
        if (_consumers.Count >= _connection.Broker.Options.ConsumerMaxPerChannel)
        {
            throw new AmqpException(
                ReplyCode.NotAllowed,
                $"reached maximum ({_connection.Broker.Options.ConsumerMaxPerChannel}) of consumers per channel");
        }
        ConsumerSettings settings = ConsumeArguments.Validate(
            _connection.VhostName, queueName, queue.Type, consume.Arguments);
        if (queue.Type == QueueType.Quorum && _shared.IsActive)
        {
            throw new AmqpException(
                ReplyCode.NotImplemented,
                $"{ResourceName.Describe(ResourceKind.Queue, queueName, _connection.VhostName)} "
                + "does not support global qos");
        }
        var consumer = new Consumer
        {
            Tag = tag,
            TagBytes = Encoding.UTF8.GetBytes(tag),
            Channel = _channel.Deliveries,
            Queue = queue.Home,
            NoAck = consume.NoAck,
            Exclusive = consume.Exclusive,
            Arguments = consume.Arguments,
            Priority = settings.Priority,
            PrefetchCount = _prefetchCount,
            TimeoutMs = settings.ConsumerTimeoutMs,
            Shared = consume.NoAck ? null : _shared,
        };
        _consumers.Add(tag, consumer);
        var request = _channel.SuspendFor(new ConsumeRequest(_channel, consume.NoWait, queueName, consumer));
        _connection.AddPost(queue.Home, QueueCommand.AddConsumer(consumer, request));
    }

    private void ConsumeReplies(BasicConsume consume, string tag)
    {
        if (_replies is not null)
            throw new AmqpException(ReplyCode.PreconditionFailed, "reply consumer already set");
        if (!consume.NoAck)
            throw new AmqpException(ReplyCode.PreconditionFailed, "reply consumer cannot acknowledge");
        _replies = _connection.Broker.DirectReplies.Register(_channel.Deliveries, tag);
        if (!consume.NoWait)
            _connection.Send(_channel.Number, new BasicConsumeOk(tag));
    }

    private void OnCancel(BasicCancel cancel)
    {
        string tag = cancel.ConsumerTagText;
        if (_replies?.Tag == tag)
        {
            _connection.Broker.DirectReplies.Remove(_replies);
            _replies = null;
        }
        else if (_consumers.Remove(tag, out Consumer? consumer))
        {
            var request = _channel.SuspendFor(new CancelRequest(_channel, cancel.NoWait, tag));
            _connection.AddPost(consumer.Queue, QueueCommand.CancelConsumer(consumer, request));
            return;
        }
        if (!cancel.NoWait)
            _connection.Send(_channel.Number, new BasicCancelOk(tag));
    }

    private void OnGet(BasicGet get)
    {
        string queueName = _channel.Entities.NameOrLast(get.QueueText);
        _connection.Permissions.Check(Access.Read, ResourceKind.Queue, queueName);
        QueueDefinition queue = _channel.Entities.FindAccessible(queueName);
        var request = _channel.SuspendFor(new GetRequest(_channel, queueName, queue.Home));
        _connection.AddPost(queue.Home, QueueCommand.Get(request, get.NoAck));
    }

    private void OnRecover(bool requeue)
    {
        if (!requeue)
            throw new AmqpException(ReplyCode.NotImplemented, "requeue=false");
        Settle(0, multiple: true, SettlementKind.Recover);
    }

    /// <summary>22 characters of base64url: 128 random bits, as RabbitMQ's generated names have.</summary>
    internal static string RandomName()
    {
        Span<byte> bits = stackalloc byte[16];
        RandomNumberGenerator.Fill(bits);
        return Convert.ToBase64String(bits).TrimEnd('=').Replace('+', '-').Replace('/', '_');
    }
}
