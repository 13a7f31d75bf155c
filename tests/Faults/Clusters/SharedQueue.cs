using Warren.Amqp;
using Warren.Faults.Ledgers;
using Warren.Wire;

namespace Warren.Faults.Clusters;

/// <summary>
/// What clients of several nodes know of one durable queue. They write down what they are about to send before they
/// send it, and what they got once they have it. Nobody publishes a message twice.
/// </summary>
/// <remarks>
/// An acknowledgement has come through for good when a request of the same channel was answered after it, and a publish
/// that was sent after that is confirmed, while the consumer was not cancelled: requests do not overtake
/// acknowledgements, and the queue's log is one sequence. Until then the message may come again.
/// <para>
/// A node that stands still may have handed something out just before, and its client gets it when others have had it
/// since: later than them, with the mark of then. Such a client is cut off at once, and only such a one is excused.
/// </para>
/// <para>
/// A replicated queue goes on without the node of a client, and the client without the queue: it is not cut off, its
/// message goes to another with the mark, and the acknowledgement of either settles it. When its node stood still it
/// gets what the node had handed out before, and others have had since.
/// </para>
/// </remarks>
internal sealed class SharedQueue(string name, SharedQueueKind kind = SharedQueueKind.OneHome)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<MessageId, SharedMessage> _messages = [];
    private readonly Findings _findings = new();
    // What is wrong unless the reader is cut off, and who has been.
    private readonly List<(object Reader, FindingKind Kind, string Text)> _suspicions = [];
    private readonly HashSet<object> _cutOff = [];

    public string Name => name;

    public SharedQueueKind Kind => kind;

    /// <summary>It has members on several nodes.</summary>
    public bool IsReplicated => kind != SharedQueueKind.OneHome;

    /// <summary>Messages confirmed.</summary>
    public long Confirmed { get; private set; }

    /// <summary>Publishes refused, or never answered.</summary>
    public long Unanswered { get; private set; }

    /// <summary>Deliveries.</summary>
    public long Delivered { get; private set; }

    /// <summary>Acknowledgements proven.</summary>
    public long Proven { get; private set; }

    /// <summary>A message is about to be sent.</summary>
    public void Publishing(Message message)
    {
        lock (_lock)
            _messages.Add(message.Id, new SharedMessage(message));
    }

    /// <summary>It is confirmed.</summary>
    public void Confirm(MessageId id)
    {
        lock (_lock)
        {
            Confirmed++;
            if (_messages.TryGetValue(id, out SharedMessage? message))
                message.IsConfirmed = true;
        }
    }

    /// <summary>It is refused, or its confirm will never come: it may be there or not.</summary>
    public void Refuse()
    {
        lock (_lock)
            Unanswered++;
    }

    /// <summary>A consumer's delivery; null, with a finding, when it is nothing that could be there.</summary>
    /// <param name="delivery">What has come.</param>
    /// <param name="reader">To whom.</param>
    /// <param name="order">What the reader has got so far; a reader begins with an empty one.</param>
    /// <param name="mayBeLate">
    /// The queue is replicated, and the reader's node has just gone on after standing still: it handed this out before.
    /// </param>
    public MessageId? Deliver(
        Received delivery, object reader, Dictionary<int, long> order, bool mayBeLate = false)
    {
        lock (_lock)
        {
            Delivered++;
            if (Find(delivery) is not { } message)
                return null;
            MessageId id = message.Message.Id;
            if (message.IsAckProven && !mayBeLate)
                _suspicions.Add((reader, FindingKind.Unknown, $"{name}: acked for good, and came back: {message}"));
            if (message.WasUnmarked && !delivery.IsRedelivered)
                _findings.Add(FindingKind.Mark, $"{name}: redelivered is not set: {message}");
            else if (message.Reader is not null && !delivery.IsRedelivered && !mayBeLate)
                _suspicions.Add((reader, FindingKind.Mark, $"{name}: redelivered is not set any more: {message}"));
            message.WasUnmarked |= !delivery.IsRedelivered;
            message.IsMarked = delivery.IsRedelivered || mayBeLate;
            if (!delivery.IsRedelivered)
            {
                if (order.TryGetValue(id.Source, out long last) && last > id.Sequence)
                    _findings.Add(FindingKind.Order, $"{name}: behind {last} of the same source: {message}");
                order[id.Source] = id.Sequence;
            }
            message.Reader = reader;
            return id;
        }
    }

    /// <summary>Something that the reader has got is wrong unless the broker cuts the reader off.</summary>
    public bool IsSuspect(object reader)
    {
        lock (_lock)
            return _suspicions.Exists(suspicion => suspicion.Reader == reader);
    }

    /// <summary>What that is.</summary>
    public string SuspicionOf(object reader)
    {
        lock (_lock)
            return _suspicions.Find(suspicion => suspicion.Reader == reader).Text ?? "nothing";
    }

    /// <summary>The broker, or its end, has cut the reader off.</summary>
    public void CutOff(object reader)
    {
        lock (_lock)
        {
            _cutOff.Add(reader);
            _suspicions.RemoveAll(suspicion => suspicion.Reader == reader);
        }
    }

    /// <summary>An acknowledgement is about to be sent.</summary>
    public void Acking(MessageId id)
    {
        lock (_lock)
            _messages[id].IsAckSent = true;
    }

    /// <summary>Acknowledgements have come through, of a reader that had the messages all the time.</summary>
    public void Prove(IEnumerable<MessageId> ids, object reader)
    {
        lock (_lock)
        {
            foreach (MessageId id in ids)
            {
                Proven++;
                SharedMessage message = _messages[id];
                message.IsAckProven = true;
                // A late acknowledgement of whom a leader has not waited for settles what another has, too.
                if (message.Reader is { } other && other != reader && !_cutOff.Contains(other)
                    && !(IsReplicated && message.IsMarked))
                    _suspicions.Add((other, FindingKind.Duplicate, $"{name}: two clients had it at once: {message}"));
            }
        }
    }

    /// <summary>
    /// Compares with all that was taken from the queue, in order, when nobody else used it. The
    /// result is what was wrong so far; null: nothing.
    /// </summary>
    public string? Judge(IReadOnlyList<Received> rest)
    {
        lock (_lock)
        {
            foreach ((_, FindingKind kind, string text) in _suspicions)
                _findings.Add(kind, text);
            _suspicions.Clear();
            var seen = new HashSet<MessageId>();
            var order = new Dictionary<int, long>();
            foreach (Received received in rest)
            {
                if (Find(received) is not { } message)
                    continue;
                MessageId id = message.Message.Id;
                if (!seen.Add(id))
                    _findings.Add(FindingKind.Duplicate, $"{name}: twice in the queue: {message}");
                if (message.IsAckProven)
                    _findings.Add(FindingKind.Unknown, $"{name}: acked for good, and there: {message}");
                // A quorum queue puts what is given back at its end.
                if (kind == SharedQueueKind.Quorum && received.IsRedelivered)
                    continue;
                if (order.TryGetValue(id.Source, out long last) && last > id.Sequence)
                    _findings.Add(FindingKind.Order, $"{name}: behind {last} of the same source: {message}");
                order[id.Source] = id.Sequence;
            }
            foreach (SharedMessage message in _messages.Values)
            {
                if (message.IsConfirmed && !message.IsAckSent && !seen.Contains(message.Message.Id))
                    _findings.Add(FindingKind.Lost, $"{name}: lost: {message}");
            }
            // It is taken, without an answer that would prove it.
            foreach (MessageId id in seen)
                _messages[id].IsAckSent = true;
            return _findings.Count == 0 ? null : $"{_findings.Count} findings{_findings}";
        }
    }

    // A quorum queue says how often a message was given back.
    private static byte[] WithoutCount(byte[] received)
    {
        BasicProperties properties = BasicProperties.Decode(received);
        if (properties.Headers?.Remove("x-delivery-count") != true)
            return received;
        if (properties.Headers.Count == 0)
            properties.Headers = null;
        return properties.ToArray();
    }

    private SharedMessage? Find(Received received)
    {
        Message? read = Message.Read(received.Body);
        if (read is null || !_messages.TryGetValue(read.Id, out SharedMessage? message) || message.Message != read)
        {
            _findings.Add(FindingKind.Unknown, $"{name}: a message came that nobody published here ({read?.Id})");
            return null;
        }
        byte[] properties = kind == SharedQueueKind.Quorum ? WithoutCount(received.Properties) : received.Properties;
        if (!properties.AsSpan().SequenceEqual(read.Properties()))
            _findings.Add(FindingKind.Properties, $"{name}: other properties: {message}");
        return message;
    }
}
