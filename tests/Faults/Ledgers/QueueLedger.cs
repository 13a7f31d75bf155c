using Warren.Amqp;
using Warren.Wire;

namespace Warren.Faults.Ledgers;

/// <summary>
/// What clients know of one queue. Entries leave when their end is certain, so that what comes back afterwards is
/// unknown and thereby found.
/// </summary>
public sealed class QueueLedger
{
    private readonly Ledger _ledger;
    private readonly QueueTraits _traits;
    private readonly Dictionary<MessageId, LedgerEntry> _entries = [];
    private readonly Dictionary<(object Reader, int Source, byte Priority), long> _latest = [];

    internal QueueLedger(Ledger ledger, string name, QueueTraits traits)
    {
        _ledger = ledger;
        _traits = traits;
        Name = name;
    }

    /// <summary>The queue.</summary>
    public string Name { get; }

    /// <summary>How many messages are written down.</summary>
    public int Count
    {
        get
        {
            lock (_ledger.Lock)
                return _entries.Count;
        }
    }

    /// <summary>
    /// A message came to a reader, a consumer or a series of basic.get, whose order is checked by itself. The result is
    /// null when nothing is known of it, which was noted.
    /// </summary>
    public MessageId? Delivered(Received delivery, object reader)
    {
        Message? message = Message.Read(delivery.Body);
        lock (_ledger.Lock)
        {
            _ledger.Tally.Delivered++;
            if (message is null)
            {
                _ledger.Findings.Add(
                    FindingKind.Unknown,
                    $"{Name}: a body of {delivery.Body.Length} bytes that nobody published came");
                return null;
            }
            if (!_entries.TryGetValue(message.Id, out LedgerEntry? entry))
            {
                _ledger.Findings.Add(
                    FindingKind.Unknown,
                    $"{Name}: message {message.Id} came in life {_ledger.Life}: it is gone for certain, or was never "
                    + "published or committed");
                return null;
            }
            Check(entry, delivery, reader);
            Note(entry);
            return message.Id;
        }
    }

    /// <summary>An ack is about to be sent, or the commit that makes it count.</summary>
    public void Acking(IEnumerable<MessageId> ids)
    {
        lock (_ledger.Lock)
        {
            foreach (MessageId id in ids)
            {
                LedgerEntry entry = _entries[id];
                entry.IsSettlementSent = true;
                DeadLetterOrigin?.SettledAsDeadLetter(id);
            }
        }
    }

    /// <summary>Acks of this life are durable.</summary>
    public void AcksProven(IEnumerable<MessageId> ids)
    {
        lock (_ledger.Lock)
        {
            foreach (MessageId id in ids)
            {
                _ledger.Tally.AcksProven++;
                LedgerEntry entry = _entries[id];
                entry.Most--;
                entry.Taken--;
                if (entry.Most == 0)
                    _entries.Remove(id);
            }
        }
    }

    /// <summary>They are about to be given back to the queue.</summary>
    public void Requeuing(IEnumerable<MessageId> ids)
    {
        lock (_ledger.Lock)
        {
            foreach (MessageId id in ids)
            {
                _entries[id].Taken--;
                _entries[id].WasRequeued = true;
            }
        }
    }

    /// <summary>They are about to be rejected, which sends them to the dead-letter queue.</summary>
    public void Rejecting(IEnumerable<MessageId> ids)
    {
        QueueLedger dead = _ledger[_traits.DeadLettersTo!];
        lock (_ledger.Lock)
        {
            foreach (MessageId id in ids)
            {
                LedgerEntry entry = _entries[id];
                entry.IsSettlementSent = entry.IsRejected = true;
                entry.IsDeadLetterSettled = false;
                dead.ExpectDeadLetter(entry.Message, this);
            }
        }
    }

    /// <summary>
    /// The queue has been read to its end by one reader since the node started, and nobody published: what has not come
    /// is not there. A queue that dead-letters is read before the one that gets its messages.
    /// </summary>
    public void ReadToItsEnd()
    {
        lock (_ledger.Lock)
        {
            foreach (LedgerEntry entry in _entries.Values.Where(e => e.DeliveredIn != _ledger.Life).ToList())
            {
                if (entry.Least > 0)
                    _ledger.Findings.Add(FindingKind.Lost, $"{Name}: lost, in life {_ledger.Life}: {entry}");
                else if (entry.IsRejected && entry.IsDurable && !entry.IsDeadLetterSettled)
                    RequireDeadLetter(entry);
                _entries.Remove(entry.Message.Id);
            }
        }
    }

    /// <summary>Where dead letters come from, once there were some.</summary>
    private QueueLedger? DeadLetterOrigin { get; set; }

    internal void Expect(Message message)
    {
        if (!_entries.TryAdd(message.Id, new LedgerEntry(message, _ledger.Life)))
            throw new InvalidOperationException($"message {message.Id} is published to {Name} twice");
    }

    internal void Confirmed(Message message)
    {
        // It may have been delivered, acked and proven to be gone before its confirm was read.
        if (message.IsPersistent && _entries.TryGetValue(message.Id, out LedgerEntry? entry))
            entry.IsDurable = true;
    }

    internal void Ended()
    {
        _latest.Clear();
        foreach (LedgerEntry entry in _entries.Values.ToList())
        {
            entry.Taken = 0;
            if (!entry.Message.IsPersistent && !_traits.IsQuorum)
                _entries.Remove(entry.Message.Id);
        }
    }

    private void ExpectDeadLetter(Message message, QueueLedger origin)
    {
        DeadLetterOrigin = origin;
        if (_entries.TryAdd(message.Id, new LedgerEntry(message, _ledger.Life)))
            return;
        LedgerEntry entry = _entries[message.Id];
        entry.Most++;
        entry.HadCopies = true;
        entry.ExpectedIn = _ledger.Life;
    }

    private void SettledAsDeadLetter(MessageId id)
    {
        if (_entries.TryGetValue(id, out LedgerEntry? entry))
            entry.IsDeadLetterSettled = true;
    }

    private void RequireDeadLetter(LedgerEntry rejected)
    {
        if (!_ledger.Guarantees.KeepsDeadLetters)
            return;
        QueueLedger dead = _ledger[_traits.DeadLettersTo!];
        if (dead._entries.TryGetValue(rejected.Message.Id, out LedgerEntry? copy))
            copy.IsDurable = true;
        else
        {
            _ledger.Findings.Add(
                FindingKind.Lost, $"{Name} and {dead.Name}: lost, in life {_ledger.Life}: {rejected}");
        }
    }

    private void Check(LedgerEntry entry, Received delivery, object reader)
    {
        int life = _ledger.Life;
        if (entry.Taken >= entry.Most)
            _ledger.Findings.Add(FindingKind.Duplicate, $"{Name}: a duplicate came in life {life}: {entry}");
        if (!IsAsPublished(delivery.Properties, entry.Message))
        {
            _ledger.Findings.Add(
                FindingKind.Properties, $"{Name}: other properties than were published came in life {life}: {entry}");
        }
        CheckMark(entry, delivery.IsRedelivered);
        if (entry.DeliveredIn == life || !IsInOrder(entry))
            return;
        // The first deliveries of a life go by position; what is given back may come again at any time.
        var stream = (reader, entry.Message.Id.Source, entry.Message.Priority ?? 0);
        if (_latest.TryGetValue(stream, out long latest) && latest > entry.Message.Id.Sequence)
        {
            _ledger.Findings.Add(
                FindingKind.Order, $"{Name}: behind {latest} of the same source came in life {life}: {entry}");
        }
        _latest[stream] = entry.Message.Id.Sequence;
    }

    private bool IsAsPublished(byte[] properties, Message message)
    {
        if (DeadLetterOrigin is null && !_traits.IsQuorum)
            return properties.AsSpan().SequenceEqual(message.Properties());
        BasicProperties came = BasicProperties.Decode(properties);
        came.Headers = null;
        return came.ToArray().AsSpan().SequenceEqual(message.Properties());
    }

    /// <summary>A quorum queue puts what is given back to its tail.</summary>
    private bool IsInOrder(LedgerEntry entry) => _traits.IsQuorum
        ? !entry.WasRequeued && (entry.FirstDeliveredIn == 0 || _ledger.Guarantees.ReturnsInOrder)
        : _traits.KeepsOrder;

    private void CheckMark(LedgerEntry entry, bool isRedelivered)
    {
        int life = _ledger.Life;
        // A dead letter that comes again after a kill may be another copy than the one that was delivered.
        bool isSameCopy = entry.DeliveredIn == life ? !entry.HadCopies : DeadLetterOrigin is null;
        bool mustBeMarked = entry.FirstDeliveredIn > 0 && isSameCopy && _ledger.Guarantees.MarksRedelivered;
        if (mustBeMarked && !isRedelivered)
            _ledger.Findings.Add(FindingKind.Mark, $"{Name}: redelivered is not set in life {life} on {entry}");
        if (entry.FirstDeliveredIn == 0 && entry.BornIn == life && isRedelivered)
            _ledger.Findings.Add(FindingKind.Mark, $"{Name}: redelivered is set in life {life} on {entry}");
    }

    private void Note(LedgerEntry entry)
    {
        int life = _ledger.Life;
        entry.Taken++;
        if (entry.DeliveredIn != life && entry.BornIn != life && entry.ExpectedIn != life)
        {
            // It has been found by a start, which makes durable what it finds.
            _ledger.Tally.Survived++;
            _ledger.Tally.Unconfirmed += entry.IsDurable ? 0 : 1;
            _ledger.Tally.AckedAgain += entry.IsSettlementSent ? 1 : 0;
            entry.IsDurable |= entry.Message.IsPersistent;
            entry.IsSettlementSent = entry.IsRejected = false;
        }
        entry.DeliveredIn = life;
        if (entry.FirstDeliveredIn == 0)
            entry.FirstDeliveredIn = life;
    }
}
