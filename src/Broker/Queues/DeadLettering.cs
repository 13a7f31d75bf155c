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
/// With the strategy at-least-once neither is lost: see <see cref="KeptLetters"/>.
/// </summary>
internal sealed class DeadLettering
{
    /// <summary>How often a queue whose dead letters are held back looks whether they may go on.</summary>
    public const int LookMs = 20;

    private readonly MessageBroker _broker;
    private readonly Queue _queue;
    private readonly string _vhostName;
    private readonly string _queueName;
    private readonly bool _isReplicated;
    private readonly RouteSet _routes;
    private readonly UnroutedMessages<DeadLetter> _unrouted;
    private readonly KeptLetters _kept;
    private long _unroutedBytes;
    // While dead letters are held up.
    private long _rejectedBytes;
    private QueueHome? _full;
    private bool _stopsDeliveries;
    private bool _isFallbackTold;

    public DeadLettering(MessageBroker broker, Queue queue)
    {
        _broker = broker;
        _queue = queue;
        _kept = new KeptLetters(queue, broker);
        _vhostName = queue.Definition.Vhost;
        _queueName = queue.Definition.Name;
        _isReplicated = queue is ReplicatedQueue;
        _routes = new RouteSet(broker.NewRandom());
        _unrouted = new UnroutedMessages<DeadLetter>(
            broker.Definitions, isReached => queue.Post(QueueCommand.LookAgain(this, isReached)), TryForward);
    }

    /// <summary>
    /// A target on another node has not taken so much of what it was sent, or so much waits to be routed, that the
    /// rest had better stay here: what expires or is over the limit waits in the queue. So queues that dead-letter to
    /// each other cannot fill each other's memory.
    /// </summary>
    public bool IsHeldUp => _full is { IsFull: true } || _unroutedBytes + _kept.Bytes > LineOptions.FullBytes;

    /// <summary>Some wait for a queue that takes them.</summary>
    public bool HasWaiting => _kept.HasWaiting;

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
        if (settings is { WantsDeadLettersAtLeastOnce: true, DeadLettersAtLeastOnce: false, CountsDeliveries: true })
            TellFallback();
        if (IsHeldUp && reason is DeadLetterReason.Rejected or DeadLetterReason.DeliveryLimit)
            _rejectedBytes += message.SizeBytes;
        // Of a publish that was refused, which nobody keeps: rather than fill the memory it is lost.
        if (arrived is null && reason == DeadLetterReason.MaxLength && _unroutedBytes > LineOptions.MostUnawaitedBytes)
        {
            message.Slab.Release(1);
            return;
        }
        _unroutedBytes += message.SizeBytes;
        _unrouted.Route(new DeadLetter(message, reason, settings, arrived));
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
    /// The queue's turn: what is held up stays in the machine, and nothing is delivered once that would have no end.
    /// Returns when it is to be looked at again; null: with the next command.
    /// </summary>
    public long? Hold(QueueMachine machine, long nowMs)
    {
        // What a deleted queue has given up before goes on; what it has kept goes with it.
        if (machine.IsClosed)
            _kept.End();
        for (int again = _kept.TakeDue(nowMs); again > 0; again--)
        {
            DeadLetter letter = _kept.Take() with { Settings = _queue.Settings };
            _unroutedBytes += letter.Message.SizeBytes;
            _unrouted.Route(letter);
        }
        // An answer to what is kept comes by itself.
        return Holds(machine, nowMs) && (_full is { IsFull: true } || _unroutedBytes > LineOptions.FullBytes)
            ? nowMs + LookMs
            : _kept.AgainAtMs;
    }

    private bool Holds(QueueMachine machine, long nowMs)
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

    /// <summary>
    /// What was found to have nowhere to go is looked at again, or a target has said whether it has taken a letter. An
    /// answer to who gave up letters before does not cover what has nowhere to go now.
    /// </summary>
    public void LookAgain(in QueueCommand command)
    {
        if (command.Target is KeptLetter kept)
            _kept.Answered(kept, command.First, isTaken: command.Flag);
        else if (command.Target == this)
            _unrouted.LookAgain(command.Flag);
    }

    /// <summary>Another node leads, and sends what has not arrived: memory is given back, and nobody is told.</summary>
    public void End()
    {
        _kept.End();
        while (_unrouted.TryTake(out DeadLetter letter))
            letter.Message.Slab.Release(1);
        _unroutedBytes = 0;
    }

    private void TellFallback()
    {
        if (_isFallbackTold)
            return;
        _isFallbackTold = true;
        _broker.Log(
            LogLevel.Warning, LogCategory.Queue,
            $"Dead letters of quorum queue '{_queueName}' in vhost '{_vhostName}' go at-most-once: at-least-once needs "
            + "overflow reject-publish, so that what waits for its target drops nothing else");
    }

    private bool TryForward(in DeadLetter letter, bool isFinal)
    {
        bool isRouted = false;
        bool isKept = letter.Settings.DeadLettersAtLeastOnce;
        if (letter.Settings.DeadLetterExchange is { } exchange
            && _broker.Topology.Vhosts.TryGetValue(_vhostName, out Vhost? vhost))
        {
            isRouted = TryForward(letter, vhost, exchange);
            if (!isRouted && !isFinal)
                return false;
        }
        _unroutedBytes -= letter.Message.SizeBytes;
        if (!isRouted && isKept)
            _kept.Keep(letter);
        else if (!isRouted)
            letter.Arrived?.Invoke(true);
        if (!isKept)
            letter.Message.Slab.Release(1);
        return true;
    }

    // False: it has nowhere to go here.
    private bool TryForward(in DeadLetter letter, Vhost vhost, string exchange)
    {
        Message message = letter.Message;
        QueueSettings settings = letter.Settings;
        BasicProperties properties = BasicProperties.Decode(message.Properties);
        FieldTable headers = properties.Headers?.Clone() ?? new FieldTable();
        DeathRecord.AddTo(headers, message, properties, letter.Reason, _queueName, _broker.Time.GetUtcNow());
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
        if (!Router.Route(vhost, exchange, input, _routes) || _routes.Queues.Length + _routes.Delays.Length == 0)
            return false;
        Message dead = MessageInOwnSlab.Store(
            _broker.Slabs, ((WireText)exchange).Bytes, keyBytes, encoded, message.Body);
        Post(dead, properties, headers, letter);
        dead.Slab.Release(1);
        return true;
    }

    private void Post(in Message dead, BasicProperties properties, FieldTable headers, in DeadLetter letter)
    {
        List<QueueDefinition> queues = Targets(letter, headers);
        List<RouteDelay> delays = Delays(letter);
        int targets = queues.Count + delays.Count;
        KeptLetter? kept = letter.Settings.DeadLettersAtLeastOnce ? _kept.Send(letter, targets) : null;
        if (targets == 0)
        {
            if (kept is null)
                letter.Arrived?.Invoke(true);
            return;
        }
        // Of a replicated queue it goes on other nodes, too, whose logs are in no order with this one's.
        PublishGroup? ofAll = kept is not null || letter.Arrived is null
            ? null
            : new PublishGroup(targets, letter.Arrived) { IsKeptUntilSafe = _isReplicated };
        byte priority = properties.Priority ?? 0;
        bool persistent = properties.DeliveryMode == 2;
        foreach (QueueDefinition target in queues)
        {
            dead.Slab.AddReferences(1);
            target.Home.Post(QueueCommand.Publish(
                dead, priority, persistent, ttlMs: -1, null, 0, ofAll ?? GroupOf(kept, target.Id.Value)));
            if (target.Home.IsFull)
                _full = target.Home;
        }
        foreach (RouteDelay delay in delays)
        {
            dead.Slab.AddReferences(1);
            _broker.Delays.Add(new DelayedMessage(
                _vhostName, delay, dead, null, 0, ofAll ?? GroupOf(kept, kept?.IdOf(delay.Exchange.Name) ?? 0)));
        }
    }

    private PublishGroup? GroupOf(KeptLetter? kept, long target) => kept is null
        ? null
        : new PublishGroup(1, _kept.AnswerOf(kept, target)) { IsKeptUntilSafe = _isReplicated, GoesAgain = true };

    // Those where it is to wait, but for those where it does.
    private List<RouteDelay> Delays(in DeadLetter letter)
    {
        var delays = new List<RouteDelay>(0);
        foreach (RouteDelay delay in _routes.Delays)
        {
            if (letter.Kept is not { } kept || !kept.Taken.Contains(kept.IdOf(delay.Exchange.Name)))
                delays.Add(delay);
        }
        return delays;
    }

    // Where it was routed, but for queues that have it, or that it has gone around already.
    private List<QueueDefinition> Targets(in DeadLetter letter, FieldTable headers)
    {
        var targets = new List<QueueDefinition>();
        foreach (QueueDefinition target in _routes.Queues)
        {
            if (letter.Kept?.Taken.Contains(target.Id.Value) == true)
                continue;
            if (letter.Reason == DeadLetterReason.Rejected || !DeathRecord.IsAutomaticCycle(headers, target.Name))
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
}
