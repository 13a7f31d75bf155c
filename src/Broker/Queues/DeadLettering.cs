using System.Text;
using Warren.Amqp;
using Warren.Broker.Delays;
using Warren.Broker.Exchanges;
using Warren.Broker.Messages;
using Warren.Broker.Topology;

namespace Warren.Broker.Queues;

/// <summary>
/// Sends what a queue gives up to its dead-letter exchange, in the queue's turn: a new message with the story of its
/// deaths, routed on the published topology and posted to where it goes. Automatic cycles (no rejection in them) end.
/// At most once: nobody waits for the target.
/// </summary>
internal sealed class DeadLettering
{
    private readonly MessageBroker _broker;
    private readonly string _vhostName;
    private readonly string _queueName;
    private readonly RouteSet _routes;

    public DeadLettering(MessageBroker broker, string vhostName, string queueName)
    {
        _broker = broker;
        _vhostName = vhostName;
        _queueName = queueName;
        _routes = new RouteSet(broker.NewRandom());
    }

    /// <summary>Takes over the message's reference.</summary>
    public void Forward(Message message, DeadLetterReason reason, QueueSettings settings)
    {
        try
        {
            if (settings.DeadLetterExchange is { } exchange
                && _broker.Topology.Vhosts.TryGetValue(_vhostName, out Vhost? vhost)
                && vhost.Exchanges.TryGetValue(exchange, out _))
                Forward(message, reason, settings, vhost, exchange);
        }
        finally
        {
            message.Slab.Release(1);
        }
    }

    private void Forward(
        in Message message, DeadLetterReason reason, QueueSettings settings, Vhost vhost, string exchange)
    {
        BasicProperties properties = BasicProperties.Decode(message.Properties);
        FieldTable headers = properties.Headers?.Clone() ?? new FieldTable();
        DeathRecord.AddTo(headers, message, properties, reason, _queueName, _broker.Time.GetUtcNow());
        if (settings.DeadLetterRoutingKey is not null)
            headers.Remove("CC");
        properties.Headers = headers;
        properties.Expiration = null;
        byte[] encoded = new byte[properties.EncodedSizeBytes];
        properties.Encode(encoded);
        // Keys are bytes: one that is not UTF-8 goes on as it came, and is routed as it was routed before.
        ReadOnlySpan<byte> keyBytes =
            settings.DeadLetterRoutingKey is { } own ? ((WireText)own).Bytes : message.RoutingKey;
        string key = Encoding.UTF8.GetString(keyBytes);
        var input = new RoutingInput(key, PropertiesView.Parse(encoded));
        Router.Route(vhost, exchange, input, _routes);
        Message dead = Store(((WireText)exchange).Bytes, keyBytes, encoded, message.Body);
        Post(dead, properties, reason, headers);
    }

    private void Post(in Message dead, BasicProperties properties, DeadLetterReason reason, FieldTable headers)
    {
        byte priority = properties.Priority ?? 0;
        bool persistent = properties.DeliveryMode == 2;
        foreach (QueueDefinition target in _routes.Queues)
        {
            if (reason != DeadLetterReason.Rejected && DeathRecord.IsAutomaticCycle(headers, target.Name))
            {
                _broker.Log(
                    LogLevel.Warning, LogCategory.Queue,
                    "Message dropped. Dead-letter queues cycle detected: "
                    + $"queue '{_queueName}' in vhost '{_vhostName}' to queue '{target.Name}'");
                continue;
            }
            dead.Slab.AddReferences(1);
            target.Home.Post(QueueCommand.Publish(dead, priority, persistent, ttlMs: -1, null, 0, null));
        }
        foreach (RouteDelay delay in _routes.Delays)
        {
            dead.Slab.AddReferences(1);
            _broker.Delays.Add(new DelayedMessage(_vhostName, delay, dead, null, 0, null));
        }
        dead.Slab.Release(1);
    }

    // A slab of its own, exactly as large: dead letters are few and may stay long.
    private Message Store(
        ReadOnlySpan<byte> exchange, ReadOnlySpan<byte> key, ReadOnlySpan<byte> properties, ReadOnlySpan<byte> body)
    {
        int envelopeBytes = 2 + exchange.Length + key.Length;
        byte[] bytes = GC.AllocateUninitializedArray<byte>(envelopeBytes + properties.Length + body.Length);
        bytes[0] = (byte)exchange.Length;
        exchange.CopyTo(bytes.AsSpan(1));
        bytes[1 + exchange.Length] = (byte)key.Length;
        key.CopyTo(bytes.AsSpan(2 + exchange.Length));
        properties.CopyTo(bytes.AsSpan(envelopeBytes));
        body.CopyTo(bytes.AsSpan(envelopeBytes + properties.Length));
        return new Message(_broker.Slabs.Adopt(bytes), 0, envelopeBytes, properties.Length, body.Length);
    }
}
