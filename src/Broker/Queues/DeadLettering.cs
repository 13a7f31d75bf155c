using System.Text;
using Warren.Amqp;
using Warren.Broker.Channels;
using Warren.Broker.Delays;
using Warren.Broker.Exchanges;
using Warren.Broker.Messages;
using Warren.Broker.Queues.Remote;
using Warren.Broker.Queues.Replicated;
using Warren.Broker.Topology;

namespace Warren.Broker.Queues;

/// <summary>
/// Sends what a queue gives up to its dead-letter exchange, in the queue's turn: a new message with the story of its
/// deaths, routed on the published topology and posted to where it goes. Automatic cycles (no rejection in them) end.
/// A stored message stays in its queue's log until its targets have it, so that a crash in between doubles it rather
/// than lose it; otherwise nobody waits for the target, and one that refuses it loses it, as in RabbitMQ. What has
/// nowhere to go is dropped when it is known that this holds for all nodes, and holds up those behind it until then.
/// </summary>
internal sealed class DeadLettering
{
    /// <summary>How often a queue whose dead letters are held back looks whether they may go on.</summary>
    public const int LookMs = 20;

    private readonly MessageBroker _broker;
    private readonly string _vhostName;
    private readonly string _queueName;
    private readonly bool _isReplicated;
    private readonly RouteSet _routes;
    private readonly UnroutedMessages<Letter> _unrouted;
    private long _unroutedBytes;
    // While dead letters are held up.
    private long _rejectedBytes;
    private QueueHome? _full;
    private bool _stopsDeliveries;

    public DeadLettering(MessageBroker broker, Queue queue)
    {
        _broker = broker;
        _vhostName = queue.Definition.Vhost;
        _queueName = queue.Definition.Name;
        _isReplicated = queue is ReplicatedQueue;
        _routes = new RouteSet(broker.NewRandom());
        _unrouted = new UnroutedMessages<Letter>(
            broker.Definitions, isReached => queue.Post(QueueCommand.LookAgain(isReached)), TryForward);
    }

    /// <summary>
    /// A target on another node has not taken so much of what it was sent, or so much waits to be routed, that the
    /// rest had better stay here: what expires or is over the limit waits in the queue. So queues that dead-letter to
    /// each other cannot fill each other's memory.
    /// </summary>
    public bool IsHeldUp => _full is { IsFull: true } || _unroutedBytes > LineOptions.FullBytes;

    /// <summary>
    /// What is done when a dead letter of the message at this position has arrived; null: it is not stored. A stored
    /// message stays until its dead letter is where it goes: a crash between the two must not lose it. And it is gone
    /// before anybody can get the dead letter: one that was acknowledged must not come again.
    /// </summary>
    public static Action<bool>? Burial(Queue queue, QueueLog log, long position)
    {
        if (position == 0)
            return null;
        return _ =>
        {
            log.ReleaseTaken(position);
            queue.Post(QueueCommand.Buried(position, log));
        };
    }

    /// <summary>
    /// Takes over the message's reference. <paramref name="arrived"/> is called when every target has it, or when it is
    /// known that there is none; null: nobody asks.
    /// </summary>
    public void Forward(Message message, DeadLetterReason reason, QueueSettings settings, Action<bool>? arrived)
    {
        if (IsHeldUp && reason is DeadLetterReason.Rejected or DeadLetterReason.DeliveryLimit)
            _rejectedBytes += message.SizeBytes;
        // Of a publish that was refused, which nobody keeps: rather than fill the memory it is lost.
        if (arrived is null && reason == DeadLetterReason.MaxLength && _unroutedBytes > LineOptions.MostUnawaitedBytes)
        {
            message.Slab.Release(1);
            return;
        }
        _unroutedBytes += message.SizeBytes;
        _unrouted.Route(new Letter(message, reason, settings, arrived));
    }

    /// <summary>
    /// Whether dead letters are held up, and clients have rejected so much since then that nothing is delivered any
    /// more: there would be no end to it.
    /// </summary>
    private (bool Holds, bool StopsDeliveries) Look()
    {
        if (!IsHeldUp)
            _rejectedBytes = 0;
        return (IsHeldUp, _rejectedBytes > LineOptions.FullBytes);
    }

    /// <summary>
    /// The queue's turn: what is held up stays in the machine, and nothing is delivered once that would have no end;
    /// true: dead letters are held up.
    /// </summary>
    public bool Hold(QueueMachine machine, long nowMs)
    {
        (machine.CutOff.HoldsDeadLetters, bool stops) = Look();
        if (stops == _stopsDeliveries)
            return machine.CutOff.HoldsDeadLetters;
        _stopsDeliveries = stops;
        if (stops)
            machine.BeginGroup();
        else
            machine.EndGroup(nowMs);
        machine.Gets.Hold(stops, nowMs);
        return machine.CutOff.HoldsDeadLetters;
    }

    /// <summary>What was found to have nowhere to go is looked at again.</summary>
    public void LookAgain(bool isReached) => _unrouted.LookAgain(isReached);

    private bool TryForward(in Letter letter, bool isFinal)
    {
        int? targets = 0;
        if (letter.Settings.DeadLetterExchange is { } exchange
            && _broker.Topology.Vhosts.TryGetValue(_vhostName, out Vhost? vhost))
            targets = Forward(letter, vhost, exchange, isFinal);
        if (targets is null)
            return false;
        _unroutedBytes -= letter.Message.SizeBytes;
        letter.Message.Slab.Release(1);
        if (targets == 0)
            letter.Arrived?.Invoke(true);
        return true;
    }

    // Returns how many targets there are; null if it has nowhere to go here, and that is not final.
    private int? Forward(in Letter letter, Vhost vhost, string exchange, bool isFinal)
    {
        Message message = letter.Message;
        QueueSettings settings = letter.Settings;
        DeadLetterReason reason = letter.Reason;
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
        bool isRouted = Router.Route(vhost, exchange, input, _routes)
            && _routes.Queues.Length + _routes.Delays.Length > 0;
        if (!isRouted)
            return isFinal ? 0 : null;
        Message dead = MessageInOwnSlab.Store(
            _broker.Slabs, ((WireText)exchange).Bytes, keyBytes, encoded, message.Body);
        return Post(dead, properties, reason, headers, letter.Arrived);
    }

    private int Post(
        in Message dead, BasicProperties properties, DeadLetterReason reason, FieldTable headers, Action<bool>? arrived)
    {
        byte priority = properties.Priority ?? 0;
        bool persistent = properties.DeliveryMode == 2;
        List<QueueDefinition> queues = Targets(reason, headers);
        int targets = queues.Count + _routes.Delays.Length;
        // Of a replicated queue it goes on other nodes, too, whose logs are in no order with this one's.
        PublishGroup? group = arrived is null || targets == 0
            ? null
            : new PublishGroup(targets, arrived) { IsKeptUntilSafe = _isReplicated };
        foreach (QueueDefinition target in queues)
        {
            dead.Slab.AddReferences(1);
            target.Home.Post(QueueCommand.Publish(dead, priority, persistent, ttlMs: -1, null, 0, group));
            if (target.Home.IsFull)
                _full = target.Home;
        }
        foreach (RouteDelay delay in _routes.Delays)
        {
            dead.Slab.AddReferences(1);
            _broker.Delays.Add(new DelayedMessage(_vhostName, delay, dead, null, 0, group));
        }
        dead.Slab.Release(1);
        return targets;
    }

    // Where it was routed, but for queues that it has gone around already.
    private List<QueueDefinition> Targets(DeadLetterReason reason, FieldTable headers)
    {
        var targets = new List<QueueDefinition>();
        foreach (QueueDefinition target in _routes.Queues)
        {
            if (reason == DeadLetterReason.Rejected || !DeathRecord.IsAutomaticCycle(headers, target.Name))
            {
                targets.Add(target);
                continue;
            }
            _broker.Log(
                LogLevel.Warning, LogCategory.Queue,
                "Message dropped. Dead-letter queues cycle detected: "
                + $"queue '{_queueName}' in vhost '{_vhostName}' to queue '{target.Name}'");
        }
        return targets;
    }

    /// <summary>A message that its queue gives up, with its reference.</summary>
    private readonly record struct Letter(
        Message Message, DeadLetterReason Reason, QueueSettings Settings, Action<bool>? Arrived);
}
