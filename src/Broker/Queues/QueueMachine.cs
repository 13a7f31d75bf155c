using Warren.Broker.Messages;
using Warren.Storage;

namespace Warren.Broker.Queues;

/// <summary>
/// All rules of one queue: commands in, effects out. It runs in the queue's turn, one thread at a time, and knows no
/// clock (time comes with each command, ms, never falling), no I/O, no chance and no frames.
/// <para>
/// A queue that is durable has an open <see cref="QueueLog"/>: what becomes of stored messages is appended there as it
/// is decided, in memory; the shell sees to it that nobody is told before. What waits may have its bytes there alone:
/// then they are fetched before it is handed out (<see cref="Paging"/>); deliveries, gets and dead letters wait.
/// </para>
/// <para>
/// Slab references: a published message brings one. While it is ready or unacked the machine holds it; Deliver and
/// GetOk without a slot pass it on, DeadLetter and Release give it back, each exactly once. Deliver and GetOk with a
/// slot keep it: who writes the message later takes a reference of his own.
/// </para>
/// <para>
/// Invariants, after each command outside a group: a message is either ready or unacked, never both; while a message
/// is ready no consumer could take it, unless its bytes are being fetched, or more has expired or is over the limit
/// than one command disposes of, and then <see cref="NextDueMs"/> has come; positions rise with age and are never given
/// twice, and a lane is ordered by them.
/// </para>
/// </summary>
public sealed class QueueMachine
{
    /// <summary>
    /// Messages that one command drops as expired or over the limit, at most; the rest is due at once. It bounds the
    /// effect list, and with it how long others wait for the thread.
    /// </summary>
    public const int DisposalsPerCommand = 2000;

    private readonly EffectList _effects;
    private readonly ReadyMessages _ready;
    private readonly Deliveries _deliveries;
    private readonly Consumers _consumers;
    private readonly Disposals _disposals;
    private readonly QueueLog _log;
    private readonly Returns _returns;
    private readonly bool _counts;
    private readonly byte _maxPriority;
    private QueueSettings _settings;
    private long _lastUseMs;
    private int _groups;

    /// <summary>
    /// Makes an empty queue. Type, priorities and single active consumer of the settings hold for its life.
    /// <paramref name="log"/> may be opened later, before the first command; null: nothing is stored.
    /// </summary>
    public QueueMachine(QueueSettings settings, EffectList effects, long nowMs, QueueLog? log = null)
    {
        _log = log ?? new QueueLog();
        _effects = effects;
        _settings = settings;
        _counts = settings.CountsDeliveries;
        _maxPriority = _counts ? (byte)0 : settings.MaxPriority;
        _ready = new ReadyMessages(_maxPriority);
        _consumers = new Consumers(settings.SingleActiveConsumer, _counts);
        _deliveries = new Deliveries(effects, _log, Totals, _maxPriority);
        _deliveries.Configure(settings.ConsumerTimeoutMs, nowMs);
        Paging = new Paging(effects, _ready, _log, Totals);
        Stored = new StoredMessages(_ready, _deliveries, _log, _maxPriority, _counts);
        _disposals = new(effects, _ready, Paging, _log, Totals, new(_ready, Paging, _deliveries, _log), _counts);
        _disposals.Configure(settings);
        _returns = new Returns(_ready, Stored, _disposals, Totals, _counts);
        _returns.Configure(settings);
        Gets = new Gets(effects, _ready, Paging, _disposals, _deliveries, Totals);
        CutOff = new CutOffClients(this, _ready, _deliveries, _disposals, _log);
        _lastUseMs = nowMs;
    }

    public int ReadyCount => _ready.Count;

    /// <summary>Bytes of the ready messages' bodies.</summary>
    public long ReadyBytes => _ready.Bytes;

    /// <summary>Positions, recovery, and the end of a turn.</summary>
    internal StoredMessages Stored { get; }

    /// <summary>For a machine that ends, while the queue goes on elsewhere.</summary>
    internal Departure Leave() => new(_ready, _deliveries, Paging, _log, Stored, _effects, _maxPriority);

    /// <inheritdoc cref="Queues.Paging"/>
    internal Paging Paging { get; }

    /// <summary>Clients and targets on nodes that are cut off.</summary>
    internal CutOffClients CutOff { get; }
    internal Gets Gets { get; }

    /// <summary>Bytes, with envelope and properties, of the ready messages that are in memory.</summary>
    public long ResidentBytes => _ready.ResidentBytes;

    public int UnackedCount => _deliveries.Count;

    public long UnackedBytes => _deliveries.Bytes;

    public int ConsumerCount => _consumers.Count;

    internal Consumer? FirstConsumer => _consumers.First;

    /// <summary>The single active or the exclusive consumer; null: there is none, all consumers are served.</summary>
    public Consumer? Holder => _consumers.Holder;

    /// <summary>There is a backlog, and a consumer that waits for its connection to write.</summary>
    public bool WaitsForWriting(int backlog) => _ready.Count > backlog && _consumers.HasClosedWindow;

    public bool IsClosed { get; private set; }

    /// <summary>Why the queue was closed; null while it is open.</summary>
    public CloseReason? ClosedBecause { get; private set; }

    public QueueTotals Totals { get; } = new();

    /// <summary>When <see cref="Tick"/> is needed: at once if past; <see cref="long.MaxValue"/>: not yet.</summary>
    public long NextDueMs => IsClosed
        ? long.MaxValue
        : Math.Min(Math.Min(_deliveries.NextCheckMs, ExpiryOfQueueMs), _disposals.NextDueMs);

    private long ExpiryOfQueueMs => _consumers.Count == 0 && _settings.ExpiresMs is { } expiresMs
        ? Later(_lastUseMs, expiresMs)
        : long.MaxValue;

    /// <summary>
    /// Takes a message in. <paramref name="ttlMs"/> is its own expiration, -1 for none. If <paramref name="ticket"/>
    /// wants an answer it gets exactly one Confirm or Reject. <paramref name="shared"/>: the body, if the node log has
    /// it once for several queues; else the queue writes it.
    /// </summary>
    public void Publish(
        in Message message, long ttlMs, byte priority, PublishFlags flags, in PublishTicket ticket, long nowMs,
        SharedBody? shared = null)
    {
        if (IsClosed)
        {
            // As for a message that was routed nowhere; but until its end is durable the queue may come back.
            _effects.Release(in message);
            if (ticket.IsAwaited)
                _effects.AnswerGone(in ticket, _log.MayComeBack);
            return;
        }
        Totals.Published++;
        _disposals.DropExpired(nowMs);
        if (_disposals.Refuses(in message))
        {
            if (ticket.IsAwaited)
                _effects.Reject(in ticket);
            return;
        }
        QueuedMessage queued = default;
        queued.Message = message;
        queued.Position = Stored.NextPosition();
        queued.ExpiresAtMs = ExpiryOf(ttlMs, nowMs);
        queued.DeliveryCount = _counts ? 0 : -1;
        queued.Priority = Math.Min(priority, _maxPriority);
        queued.Flags = flags;
        bool isStored = _log.IsOpen && (_counts || _log.StoresAll || (flags & PublishFlags.Persistent) != 0);
        Consumer? taker = _ready.Count == 0 && _groups == 0 && !Paging.IsLimited ? _consumers.Next() : null;
        // Gone as it is sent: there is nothing to store.
        isStored &= taker is not { NoAck: true };
        if (isStored)
            _log.Append(ref queued, shared, nowMs);
        if (taker is not null)
            _deliveries.Deliver(taker, in queued, nowMs);
        else
        {
            _ready.Add(in queued);
            _disposals.AfterAdding(in message, nowMs);
        }
        if (ticket.IsAwaited)
            _effects.Confirm(in ticket, isStored);
    }

    /// <summary>
    /// The end of a turn: what is to be read now; null: nothing. Whoever wanted the head's bytes is served first if
    /// another head, with bytes, has taken its place since.
    /// </summary>
    internal FetchBatch? NextFetch(long nowMs)
    {
        if (Paging.IsSatisfied)
            GoOn(nowMs);
        return Paging.NextFetch();
    }

    /// <summary>What <see cref="Paging"/> wanted has been read.</summary>
    internal void Fetched(long nowMs)
    {
        Paging.Fetched();
        GoOn(nowMs);
    }

    /// <summary>basic.ack. A delivery that is not held any more is ignored, here and in Reject and Return.</summary>
    public void Settle(int slot, long position, long nowMs)
    {
        if (!_deliveries.TryTake(slot, position, out QueuedMessage queued, out Consumer consumer))
            return;
        Totals.Acked++;
        _effects.Release(in queued.Message);
        if (queued.IsStored)
            _log.Remove(queued.Position);
        _consumers.Update(consumer);
        DeliverReady(nowMs);
    }

    /// <summary>
    /// basic.reject and basic.nack. Requeued, a message goes back to its place; in a queue that counts deliveries it
    /// counts, and without a delivery limit goes to the tail, as quorum queues do. Not requeued it is dead-lettered.
    /// </summary>
    public void Reject(int slot, long position, bool requeue, long nowMs)
    {
        if (!_deliveries.TryTake(slot, position, out QueuedMessage queued, out Consumer consumer))
            return;
        if (requeue)
            _returns.PutBack(ref queued, countsDelivery: true, mayGoToTail: true, nowMs);
        else
            _disposals.Rejected(in queued);
        _consumers.Update(consumer);
        DeliverReady(nowMs);
    }

    /// <summary>
    /// A delivery comes back without the client's word: its channel ended, or it could not be written. It returns to
    /// its place, redelivered; <paramref name="countsDelivery"/> is false where the client had no part in it.
    /// </summary>
    public void Return(int slot, long position, bool countsDelivery, long nowMs)
    {
        if (!_deliveries.TryTake(slot, position, out QueuedMessage queued, out Consumer consumer))
            return;
        _returns.PutBack(ref queued, countsDelivery, mayGoToTail: false, nowMs);
        _consumers.Update(consumer);
        DeliverReady(nowMs);
    }

    /// <summary>
    /// Nothing is delivered until <see cref="EndGroup"/>: for commands of one cause (a channel's end, a nack of
    /// many), so that what returns is in order before anybody gets it. Groups may nest.
    /// </summary>
    public void BeginGroup() => _groups++;

    public void EndGroup(long nowMs)
    {
        _groups--;
        DeliverReady(nowMs);
    }

    /// <summary>basic.consume. Answers Ok, RefusedExclusive or Closed (if a request is given), then delivers.</summary>
    public void AddConsumer(Consumer consumer, object? request, long nowMs)
    {
        if (IsClosed || _consumers.Refuses(consumer))
        {
            _effects.Answer(request, IsClosed ? AnswerKind.Closed : AnswerKind.RefusedExclusive);
            return;
        }
        consumer.SetTimeout(_settings.ConsumerTimeoutMs);
        _consumers.Add(consumer);
        _effects.Answer(request, AnswerKind.Ok, 0, _consumers.Count);
        DeliverReady(nowMs);
    }

    /// <summary>
    /// basic.cancel, or the end of its channel. What the consumer holds stays valid until settled or returned. The
    /// last consumer of an auto-delete queue takes the queue along.
    /// </summary>
    public void CancelConsumer(Consumer consumer, object? request, long nowMs)
    {
        _effects.Answer(request, AnswerKind.Ok);
        if (consumer.Attached)
            Detach(consumer, nowMs);
        DeliverReady(nowMs);
    }

    /// <summary>The consumer's channel has room in its shared prefetch again.</summary>
    public void Resume(Consumer consumer, long nowMs)
    {
        consumer.Starved = false;
        _consumers.Update(consumer);
        DeliverReady(nowMs);
    }

    /// <summary>
    /// The connection has written deliveries of the consumer: <paramref name="messages"/> of them with together
    /// <paramref name="bytes"/> of <c>Message.SizeBytes</c>. The consumer's window opens by as much.
    /// </summary>
    public void Written(Consumer consumer, int messages, long bytes, long nowMs)
    {
        consumer.WindowMessagesLeft += messages;
        consumer.WindowBytesLeft += bytes;
        _consumers.Update(consumer);
        DeliverReady(nowMs);
    }

    /// <summary>basic.get: GetOk, or an answer Empty, RefusedSingleActive or Closed. It needs no credit.</summary>
    public void Get(object request, bool noAck, long nowMs)
    {
        if (IsClosed || (_counts && _settings.SingleActiveConsumer))
        {
            _effects.Answer(request, IsClosed ? AnswerKind.Closed : AnswerKind.RefusedSingleActive);
            return;
        }
        _lastUseMs = nowMs;
        Gets.Get(request, noAck, nowMs);
    }

    /// <summary>queue.purge: drops what is ready, and answers how much. Nothing is dead-lettered.</summary>
    public void Purge(object request, long nowMs)
    {
        if (IsClosed)
        {
            _effects.Answer(request, AnswerKind.Closed);
            return;
        }
        _disposals.DropExpired(nowMs);
        int purged = _ready.Count;
        _disposals.ReleaseReady();
        Totals.Purged += purged;
        _effects.Answer(request, AnswerKind.Ok, purged, _consumers.Count);
        // Those that waited for bytes are answered too: there are none.
        Gets.AnswerWaiting(nowMs);
    }

    /// <summary>queue.declare of what exists: its counts. If not passive it <paramref name="touches"/>.</summary>
    public void Status(object request, bool touches, long nowMs)
    {
        if (IsClosed)
        {
            _effects.Answer(request, AnswerKind.Closed);
            return;
        }
        if (touches)
            _lastUseMs = nowMs;
        _disposals.DropExpired(nowMs);
        _effects.Answer(request, AnswerKind.Ok, _ready.Count, _consumers.Count);
    }

    /// <summary>
    /// Ends the queue: cancels its consumers, gives everything back, dead-letters nothing and answers how much was
    /// ready; or answers NotEmpty, InUse or Closed.
    /// </summary>
    public void Close(object? request, bool ifUnused, bool ifEmpty, CloseReason reason, long nowMs)
    {
        _disposals.DropExpired(nowMs);
        if (IsClosed)
            _effects.Answer(request, AnswerKind.Closed);
        else if (ifEmpty && _ready.Count > 0)
            _effects.Answer(request, AnswerKind.NotEmpty, _ready.Count, _consumers.Count);
        else if (ifUnused && _consumers.Count > 0)
            _effects.Answer(request, AnswerKind.InUse, _ready.Count, _consumers.Count);
        else
        {
            int ready = _ready.Count;
            End();
            _effects.Answer(request, AnswerKind.Ok, ready);
            ClosedBecause = reason;
        }
    }

    /// <summary>
    /// New settings, by a policy. A message TTL is for messages to come; the time unused starts anew if it changes.
    /// </summary>
    public void Configure(QueueSettings settings, long nowMs)
    {
        if (IsClosed)
            return;
        if (settings.ExpiresMs != _settings.ExpiresMs)
            _lastUseMs = nowMs;
        _settings = settings;
        _disposals.Configure(settings);
        _returns.Configure(settings);
        for (Consumer? consumer = _consumers.First; consumer is not null; consumer = consumer.Next)
            consumer.SetTimeout(settings.ConsumerTimeoutMs);
        _deliveries.Configure(settings.ConsumerTimeoutMs, nowMs);
        _disposals.DropExpired(nowMs);
        _disposals.DropOverLimit(nowMs);
        DeliverReady(nowMs);
    }

    /// <summary>Does what has come due: see <see cref="NextDueMs"/>. Harmless at any other time.</summary>
    public void Tick(long nowMs)
    {
        if (IsClosed)
            return;
        if (nowMs >= ExpiryOfQueueMs)
        {
            EndItself(CloseReason.Expired);
            return;
        }
        _disposals.DropExpired(nowMs);
        _disposals.DropOverLimit(nowMs);
        if (nowMs >= _deliveries.NextCheckMs)
            EndOverdue(nowMs);
        GoOn(nowMs);
    }

    private static long Later(long nowMs, long afterMs) => nowMs + Math.Min(afterMs, long.MaxValue - nowMs);

    private void GoOn(long nowMs)
    {
        if (IsClosed)
            return;
        _disposals.DropExpired(nowMs);
        _disposals.DropOverLimit(nowMs);
        Gets.AnswerWaiting(nowMs);
        DeliverReady(nowMs);
    }

    private long ExpiryOf(long ttlMs, long nowMs)
    {
        long lowest = _settings.MessageTtlMs ?? long.MaxValue;
        if (ttlMs >= 0)
            lowest = Math.Min(lowest, ttlMs);
        return Later(nowMs, lowest);
    }

    /// <summary>Pairs ready messages with consumers until one side has run out.</summary>
    private void DeliverReady(long nowMs)
    {
        if (_groups != 0)
            return;
        while (_ready.Count > 0)
        {
            // Too much has expired for one turn: nobody gets a message before the rest is gone.
            if (!_disposals.ClearHead(_consumers.MayTake, nowMs) || _ready.Count == 0)
                return;
            if (!_consumers.MayTake || !Paging.HasHeadFor(Holder) || _consumers.Next() is not { } consumer)
                return;
            Paging.TryTake(out QueuedMessage queued);
            _deliveries.Deliver(consumer, in queued, nowMs);
        }
    }

    private void Detach(Consumer consumer, long nowMs)
    {
        _consumers.Remove(consumer);
        if (_consumers.Count > 0)
            return;
        _lastUseMs = nowMs;
        if (_settings.AutoDelete)
            EndItself(CloseReason.AutoDelete);
    }

    private void EndOverdue(long nowMs)
    {
        BeginGroup();
        foreach (Consumer consumer in _deliveries.FindOverdue(nowMs))
        {
            if (IsClosed)
                break;
            if (_settings.ConsumerTimeoutClosesChannel && !_deliveries.IsOfGets(consumer))
            {
                _effects.CloseChannel(consumer);
                continue;
            }
            if (consumer.Attached)
            {
                _effects.CancelConsumer(consumer, CancelReason.Timeout);
                Detach(consumer, nowMs);
            }
            foreach ((_, int slot, long token) in _deliveries.HeldBy(consumer, nowMs))
            {
                // Its channel does not know yet, and may settle it late: the next delivery gets another token.
                _deliveries.TryTake(slot, token, out QueuedMessage queued, out _);
                queued.Timeouts++;
                _returns.PutBack(ref queued, countsDelivery: true, mayGoToTail: false, nowMs);
                _consumers.Update(consumer);
            }
            if (consumer.Shared is not null)
                _effects.FreePlaces(consumer);
            consumer.OverdueReported = false;
        }
        _groups--;
    }

    /// <summary>It decides nothing any more, and gives back what it has in memory; nobody is told.</summary>
    internal void Abandon()
    {
        IsClosed = true;
        _log.Abandon();
        _disposals.ReleaseReady();
        _deliveries.ReleaseAll();
    }

    private void EndItself(CloseReason reason)
    {
        End();
        _effects.Closed((ClosedBecause = reason).Value);
    }

    private void End()
    {
        IsClosed = true;
        _log.Close();
        Gets.Close();
        while (_consumers.First is { } consumer)
        {
            _consumers.Remove(consumer);
            _effects.CancelConsumer(consumer, CancelReason.QueueClosed);
        }
        _disposals.ReleaseReady();
        _deliveries.ReleaseAll();
    }
}
