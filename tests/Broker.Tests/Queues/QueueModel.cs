using Warren.Broker.Queues;

namespace Warren.Broker.Tests.Queues;

/// <summary>
/// A queue as one would tell it to somebody: plain lists, searched from the start each time. It answers each command
/// with the effects it expects, in words, and is what <see cref="QueueMachine"/> is compared with under random
/// commands.
/// </summary>
internal sealed class QueueModel(QueueSettings settings, long bornMs)
{
    public readonly List<string> Effects = [];
    public readonly List<ModelMessage> Ready = [];
    public readonly List<ModelMessage> Unacked = [];
    public readonly List<ModelConsumer> Consumers = [];
    private readonly List<ModelConsumer> _round = [];
    private readonly bool _quorum = settings.CountsDeliveries;
    private QueueSettings _settings = settings;
    private long _position;
    private long _returns;
    private long _lastUseMs = bornMs;
    private bool _refusing;
    private bool _group;

    public ModelConsumer? Holder { get; private set; }

    public bool Closed { get; private set; }

    private bool HasLimit => _settings.MaxLength is not null || _settings.MaxLengthBytes is not null;

    private bool IsOver => Ready.Count > (_settings.MaxLength ?? long.MaxValue)
        || Ready.Sum(message => (long)message.SizeBytes) > (_settings.MaxLengthBytes ?? long.MaxValue);

    /// <summary>When something must happen, exactly.</summary>
    public long DueMs
    {
        get
        {
            if (Closed)
                return long.MaxValue;
            long due = Head() is { } head ? head.ExpiresAtMs : long.MaxValue;
            if (Consumers.Count == 0 && _settings.ExpiresMs is { } expiresMs)
                due = Math.Min(due, _lastUseMs + expiresMs);
            foreach (ModelMessage message in Unacked.Where(message => !message.Reported))
                due = Math.Min(due, message.OverdueAtMs(_settings));
            return due;
        }
    }

    /// <summary>What names the delivery of a message that is handed out; -1: it is not.</summary>
    public long TokenOf(string name) => Unacked.Find(message => message.Name == name)?.Token ?? -1;

    public void Publish(string name, int sizeBytes, long ttlMs, int priority, bool confirm, long nowMs)
    {
        if (Closed)
        {
            Effects.Add($"release {name}");
            Confirm("confirm", confirm, name);
            return;
        }
        Expire(nowMs);
        if (Refuses(sizeBytes))
        {
            bool bury = _settings.Overflow == Overflow.RejectPublishDeadLetter
                && _settings.DeadLetterExchange is not null;
            Effects.Add(bury ? $"dead-letter {name} MaxLength {(_quorum ? 0 : -1)}" : $"release {name}");
            Confirm("refuse", confirm, name);
            return;
        }
        long lifeMs = Math.Min(ttlMs < 0 ? long.MaxValue : ttlMs, _settings.MessageTtlMs ?? long.MaxValue);
        var message = new ModelMessage
        {
            Name = name,
            SizeBytes = sizeBytes,
            Position = ++_position,
            Priority = _quorum ? 0 : Math.Min(priority, _settings.MaxPriority),
            ExpiresAtMs = lifeMs == long.MaxValue ? lifeMs : nowMs + lifeMs,
        };
        if (Ready.Count == 0 && !_group && NextConsumer() is { } consumer)
            Hand(consumer, message, nowMs);
        else
        {
            Ready.Add(message);
            DropOver(nowMs);
            NoteLimit();
            Expire(nowMs);
        }
        Confirm("confirm", confirm, name);
    }

    public void Settle(string how, long token, bool counts, long nowMs)
    {
        if (Unacked.Find(message => message.Token == token) is not { } message)
            return;
        TakeBack(message);
        if (how == "ack")
            Effects.Add($"release {message.Name}");
        else if (how == "reject")
            Bury(message, DeadLetterReason.Rejected);
        else
            PutBack(message, how == "requeue" || counts, how == "requeue" && _settings.DeliveryLimit is null, nowMs);
        Deliver(nowMs);
    }

    public void Group(bool begins, long nowMs)
    {
        _group = begins;
        Deliver(nowMs);
    }

    public void AddConsumer(ModelConsumer consumer, long nowMs)
    {
        bool alone = consumer.Exclusive && !_quorum;
        bool refused = !_quorum && (_settings.SingleActiveConsumer
            ? consumer.Exclusive
            : Holder is not null || (alone && Consumers.Count > 0));
        if (Closed || refused)
        {
            Effects.Add(Closed ? "Closed 0 0" : "RefusedExclusive 0 0");
            return;
        }
        Consumers.Add(consumer);
        Effects.Add($"Ok 0 {Consumers.Count}");
        if (Holder is null && (alone || _settings.SingleActiveConsumer))
            Holder = consumer;
        Deliver(nowMs);
    }

    public void Cancel(ModelConsumer consumer, long nowMs)
    {
        Effects.Add("Ok 0 0");
        if (Consumers.Contains(consumer))
            Leave(consumer, nowMs);
        Deliver(nowMs);
    }

    public void Written(ModelConsumer consumer, int messages, long bytes, long nowMs)
    {
        consumer.OpenMessages += messages;
        consumer.OpenBytes += bytes;
        Deliver(nowMs);
    }

    public void Get(bool noAck, long nowMs)
    {
        if (Closed || (_quorum && _settings.SingleActiveConsumer))
        {
            Effects.Add(Closed ? "Closed 0 0" : "RefusedSingleActive 0 0");
            return;
        }
        _lastUseMs = nowMs;
        Expire(nowMs);
        if (Head() is not { } head)
        {
            Effects.Add("Empty 0 0");
            return;
        }
        Ready.Remove(head);
        Expire(nowMs);
        long named = noAck ? -1 : head.Token;
        Effects.Add($"got {head.Name} {named} {head.Redelivered} {Count(head)} left {Ready.Count}");
        if (!noAck)
            Hold(head, null, nowMs);
    }

    public void Purge(long nowMs)
    {
        if (!Closed)
            Expire(nowMs);
        int purged = Ready.Count;
        ReleaseReady();
        Effects.Add(Closed ? "Closed 0 0" : $"Ok {purged} {Consumers.Count}");
    }

    public void Status(bool touches, long nowMs)
    {
        if (!Closed)
            Expire(nowMs);
        if (touches)
            _lastUseMs = nowMs;
        Effects.Add(Closed ? "Closed 0 0" : $"Ok {Ready.Count} {Consumers.Count}");
    }

    public void Close(bool ifUnused, bool ifEmpty, long nowMs)
    {
        if (!Closed)
            Expire(nowMs);
        if (Closed)
            Effects.Add("Closed 0 0");
        else if (ifEmpty && Ready.Count > 0)
            Effects.Add($"NotEmpty {Ready.Count} {Consumers.Count}");
        else if (ifUnused && Consumers.Count > 0)
            Effects.Add($"InUse {Ready.Count} {Consumers.Count}");
        else
        {
            int ready = Ready.Count;
            End();
            Effects.Add($"Ok {ready} 0");
        }
    }

    public void Configure(QueueSettings changed, long nowMs)
    {
        if (Closed)
            return;
        if (changed.ExpiresMs != _settings.ExpiresMs)
            _lastUseMs = nowMs;
        _settings = changed;
        _refusing = false;
        Expire(nowMs);
        DropOver(nowMs);
        Deliver(nowMs);
    }

    public void Tick(long nowMs)
    {
        if (Closed)
            return;
        if (Consumers.Count == 0 && nowMs - _lastUseMs >= (_settings.ExpiresMs ?? long.MaxValue))
        {
            End();
            Effects.Add("closed Expired");
            return;
        }
        Expire(nowMs);
        while (!Closed && FirstOverdue(nowMs) is { } message)
            EndOverdue(message.Holder, nowMs);
        Deliver(nowMs);
    }

    private ModelMessage? FirstOverdue(long nowMs) =>
        Unacked.Where(message => IsOverdue(message, nowMs)).MinBy(message => message.Position);

    private bool IsOverdue(ModelMessage message, long nowMs) =>
        !message.Reported && nowMs >= message.OverdueAtMs(_settings);

    private void EndOverdue(ModelConsumer? consumer, long nowMs)
    {
        List<ModelMessage> held = Unacked.FindAll(
            message => message.Holder == consumer && (consumer is not null || IsOverdue(message, nowMs)));
        if (consumer is not null && _settings.ConsumerTimeoutClosesChannel)
        {
            Effects.Add($"close channel {consumer.Tag}");
            consumer.Reported = true;
            return;
        }
        if (consumer is not null && Consumers.Contains(consumer))
        {
            Effects.Add($"cancel {consumer.Tag} Timeout");
            Leave(consumer, nowMs);
        }
        if (Closed)
            return;
        foreach (ModelMessage message in held.OrderBy(message => message.Position))
        {
            TakeBack(message);
            message.Timeouts++;
            PutBack(message, true, false, nowMs);
        }
    }

    private bool Refuses(int sizeBytes)
    {
        if (_settings.Overflow == Overflow.DropHead || !HasLimit)
            return false;
        if (_quorum)
        {
            NoteLimit();
            return _refusing;
        }
        return Ready.Count >= (_settings.MaxLength ?? long.MaxValue)
            || Ready.Sum(message => (long)message.SizeBytes) + sizeBytes > (_settings.MaxLengthBytes ?? long.MaxValue);
    }

    private void NoteLimit()
    {
        bool isLow = Ready.Count <= Math.Floor((_settings.MaxLength ?? long.MaxValue) * 0.8m)
            && Ready.Sum(message => (long)message.SizeBytes)
                <= Math.Floor((_settings.MaxLengthBytes ?? long.MaxValue) * 0.8m);
        _refusing = _refusing ? !isLow : IsOver;
    }

    private ModelMessage? Head() => _quorum
        ? Ready.OrderBy(message => message.ReturnOrder).ThenBy(message => message.Position).FirstOrDefault()
        : Ready.OrderByDescending(message => message.Priority).ThenBy(message => message.Position).FirstOrDefault();

    private void Expire(long nowMs)
    {
        while (Head() is { } head && head.ExpiresAtMs <= nowMs)
        {
            Ready.Remove(head);
            Bury(head, DeadLetterReason.Expired);
        }
    }

    private void DropOver(long nowMs)
    {
        bool dropped = false;
        while (_settings.Overflow == Overflow.DropHead && IsOver)
        {
            ModelMessage head = Head()!;
            Ready.Remove(head);
            Bury(head, DeadLetterReason.MaxLength);
            dropped = true;
        }
        if (dropped)
            Expire(nowMs);
    }

    private void PutBack(ModelMessage message, bool counts, bool toTail, long nowMs)
    {
        message.Redelivered = true;
        if (_quorum && counts && ++message.Count > (_settings.DeliveryLimit ?? int.MaxValue))
        {
            Bury(message, DeadLetterReason.DeliveryLimit);
            return;
        }
        if (_quorum && toTail)
        {
            message.Position = ++_position;
            message.ReturnOrder = long.MaxValue;
        }
        else
            message.ReturnOrder = ++_returns;
        Ready.Add(message);
        Expire(nowMs);
        DropOver(nowMs);
    }

    private void Deliver(long nowMs)
    {
        while (!_group && Ready.Count > 0)
        {
            Expire(nowMs);
            if (Head() is not { } head || NextConsumer() is not { } consumer)
                break;
            Ready.Remove(head);
            Hand(consumer, head, nowMs);
        }
        RefreshRound();
    }

    /// <summary>The round: whoever can take a message, in the order in which they became able to.</summary>
    private void RefreshRound()
    {
        _round.RemoveAll(consumer => !CanTake(consumer));
        _round.AddRange(Consumers.Where(consumer => CanTake(consumer) && !_round.Contains(consumer)));
    }

    private bool CanTake(ModelConsumer consumer) => Consumers.Contains(consumer)
        && (!_settings.SingleActiveConsumer || consumer == Holder)
        && (consumer.NoAck || consumer.Prefetch == 0 || HeldBy(consumer) < consumer.Prefetch)
        && consumer.OpenMessages > 0 && consumer.OpenBytes > 0;

    private int HeldBy(ModelConsumer consumer) => Unacked.Count(message => message.Holder == consumer);

    private ModelConsumer? NextConsumer()
    {
        RefreshRound();
        ModelConsumer? chosen = _round.OrderByDescending(consumer => consumer.Priority).FirstOrDefault();
        if (chosen is not null)
        {
            _round.Remove(chosen);
            _round.Add(chosen);
        }
        return chosen;
    }

    private void Hand(ModelConsumer consumer, ModelMessage message, long nowMs)
    {
        long named = consumer.NoAck ? -1 : message.Token;
        Effects.Add($"deliver {message.Name} to {consumer.Tag} {named} {message.Redelivered} {Count(message)}");
        consumer.OpenMessages--;
        consumer.OpenBytes -= message.SizeBytes + QueueFuzzer.EnvelopeBytes;
        if (!consumer.NoAck)
            Hold(message, consumer, nowMs);
    }

    private void Hold(ModelMessage message, ModelConsumer? consumer, long nowMs)
    {
        message.Holder = consumer;
        message.DeliveredAtMs = nowMs;
        Unacked.Add(message);
    }

    private void TakeBack(ModelMessage message)
    {
        Unacked.Remove(message);
        message.Holder = null;
    }

    private void Bury(ModelMessage message, DeadLetterReason reason) => Effects.Add(
        _settings.DeadLetterExchange is null
            ? $"release {message.Name}"
            : $"dead-letter {message.Name} {reason} {Count(message)}");

    private int Count(ModelMessage message) => _quorum ? message.Count : -1;

    private void Confirm(string how, bool wanted, string name)
    {
        if (wanted)
            Effects.Add($"{how} {name}");
    }

    private void Leave(ModelConsumer consumer, long nowMs)
    {
        Consumers.Remove(consumer);
        if (Holder == consumer)
        {
            Holder = !_settings.SingleActiveConsumer ? null
                : _quorum ? Consumers.FirstOrDefault()
                : Consumers.OrderByDescending(other => other.Priority).FirstOrDefault();
        }
        if (Consumers.Count > 0)
            return;
        _lastUseMs = nowMs;
        if (!_settings.AutoDelete)
            return;
        End();
        Effects.Add("closed AutoDelete");
    }

    private void End()
    {
        Closed = true;
        Effects.AddRange(Consumers.Select(consumer => $"cancel {consumer.Tag} QueueClosed"));
        Consumers.Clear();
        Holder = null;
        ReleaseReady();
        // In the order of the table of slots, which is nobody's business: the comparison sorts them.
        Effects.AddRange(Unacked.Select(message => $"release {message.Name}"));
        Unacked.Clear();
    }

    private void ReleaseReady()
    {
        while (Head() is { } head)
        {
            Ready.Remove(head);
            Effects.Add($"release {head.Name}");
        }
    }
}
