using System.Text;
using Warren.Amqp;
using Warren.Broker.Arguments;
using Warren.Broker.Channels;
using Warren.Broker.Connections;
using Warren.Broker.Durability;
using Warren.Broker.Exchanges;
using Warren.Broker.Messages;
using Warren.Broker.Queues;
using Warren.Broker.Topology;
using Warren.Broker.Turns;
using Warren.Storage;

namespace Warren.Broker.Delays;

/// <summary>
/// The messages that wait at x-delayed-message exchanges, owned by this mailbox's turn. A persistent message at a
/// durable exchange is stored, and confirmed when that is durable; any other is confirmed at once. When one is due it
/// is routed on the topology of then, from its exchange on; a stored one is released when every queue that it went to
/// has taken or refused it, durably if the queue is durable: a crash in between doubles it rather than lose it.
/// What has nowhere to go then is dropped when that is known to hold for all nodes, and holds up those behind it.
/// Messages leave in the order in which they are due, equals in the order in which they came; bytes that have left
/// memory are read when they are due, and who is due behind them waits for that.
/// </summary>
internal sealed class DelayedMessages : Mailbox<DelayedMessages.Item>, IDisposable
{
    /// <summary>
    /// Bytes of stored messages that stay in memory: what is published with short delays needs no reading then.
    /// </summary>
    internal const long ResidentBudgetBytes = 8 * 1024 * 1024;

    /// <summary>
    /// What may be on its way to queues that have not answered for it: however much is due at once, queues take it
    /// piece by piece, and memory holds no more.
    /// </summary>
    private const long UnansweredLimitBytes = 16 * 1024 * 1024;

    /// <summary>Timers are armed for a day at most.</summary>
    private const long FarAwayMs = 86_400_000;

    private readonly MessageBroker _broker;
    private readonly WaitingMessages _waiting = new();
    private readonly DelayLog _log;
    private readonly RouteSet _routes;
    private readonly UnroutedMessages<WaitingMessage> _unrouted;
    private readonly ITimer _timer;
    // Messages whose bytes are being read, in the order of the batch: one batch under way at a time.
    private readonly List<WaitingMessage> _fetching = [];
    private readonly FetchBatch _batch = new();
    private long _lastNumber;
    private long _unixOffsetMs = long.MinValue;
    private long _unansweredBytes;

    public DelayedMessages(MessageBroker broker)
        : base(broker.Turns)
    {
        _broker = broker;
        _log = new DelayLog(this);
        _routes = new RouteSet(broker.NewRandom());
        _unrouted = new UnroutedMessages<WaitingMessage>(
            broker.Definitions,
            isReached => Post(new Item(isReached ? DelayItemKind.LookAgain : DelayItemKind.NotReached)),
            TryRoute);
        _timer = broker.Time.CreateTimer(
            static state => ((DelayedMessages)state!).Post(new Item(DelayItemKind.Tick)), this,
            Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Something to do.</summary>
    /// <param name="Kind">What.</param>
    /// <param name="Added">With <see cref="DelayItemKind.Add"/>.</param>
    /// <param name="WeightBytes">With <see cref="DelayItemKind.Arrived"/>: what is not on its way any more.</param>
    /// <param name="Lsn">With it, too: where the log says so.</param>
    /// <param name="Moves">With <see cref="DelayItemKind.Moved"/>.</param>
    internal readonly record struct Item(
        DelayItemKind Kind, DelayedMessage Added = default, int WeightBytes = 0, Lsn Lsn = default,
        MovedEntries? Moves = null);

    /// <summary>Messages that wait; the turn's, others may read an old value.</summary>
    public int Count => _waiting.Count + _fetching.Count + _unrouted.Count;

    /// <summary>Bytes of stored messages that are in memory; the turn's, as <see cref="Count"/>.</summary>
    internal long ResidentBytes => _waiting.ResidentBytes;

    public void Add(in DelayedMessage message) => Post(new Item(DelayItemKind.Add, message));

    public void Dispose() => _timer.Dispose();

    internal void Moved(MovedEntries moves) => Post(new Item(DelayItemKind.Moved, Moves: moves));

    internal void WakeForDurable() => Post(new Item(DelayItemKind.Durable));

    /// <summary>The reader has read what it was asked for.</summary>
    internal void Fetched() => Post(new Item(DelayItemKind.Fetched));

    /// <summary>
    /// Takes up what waits, before anybody is served; <paramref name="group"/> is null in a new directory.
    /// </summary>
    internal void Open(NodeLog log, RecoveredGroup? group)
    {
        _log.Open(log);
        if (group is null)
            return;
        long unixOffsetMs = UnixOffsetMs(_broker.NowMs);
        try
        {
            while (group.TryNext(out RecoveredEntry entry))
            {
                Message message = DelayMeta.Read(in entry, out long dueUnixMs, out string vhost, out string exchange);
                var waiting = new WaitingMessage
                {
                    Message = message,
                    Record = entry.Position,
                    Number = entry.Index.Value,
                    Place = _waiting.Enter(vhost, exchange),
                };
                _waiting.Add(waiting, dueUnixMs - unixOffsetMs, default);
            }
        }
        catch (DurableFormatException error)
        {
            throw new DurableFormatException($"the delayed messages cannot be read: {error.Message}");
        }
        _lastNumber = group.LastIndex.Value;
    }

    /// <summary>Every queue is open: what came due while no node ran goes on its way.</summary>
    internal void Start()
    {
        if (_waiting.Count > 0)
            Post(new Item(DelayItemKind.Tick));
    }

    protected override void Handle(ReadOnlySpan<Item> batch)
    {
        try
        {
            HandleAll(batch);
        }
        catch (StorageFailedException)
        {
            // The node stops. Nobody is told of what was not written.
        }
    }

    private void HandleAll(ReadOnlySpan<Item> batch)
    {
        long nowMs = _broker.NowMs;
        foreach (ref readonly Item item in batch)
        {
            switch (item.Kind)
            {
                case DelayItemKind.Add:
                    Add(item.Added, nowMs);
                    break;
                case DelayItemKind.Arrived:
                    // It counts until it is durable where it went: the log could not take all that is due at once.
                    int weightBytes = item.WeightBytes;
                    _log.Waits.Await(
                        item.Lsn,
                        new PublishTicket(null, 0, new PublishGroup(1, _ => _unansweredBytes -= weightBytes)));
                    break;
                case DelayItemKind.Answered:
                    _unansweredBytes -= item.WeightBytes;
                    break;
                case DelayItemKind.Durable:
                    while (_log.Waits.TryNextVerdict(out PublishTicket ticket))
                        Accept(ticket);
                    _log.ReleaseCredit();
                    break;
                case DelayItemKind.LookAgain or DelayItemKind.NotReached:
                    _unrouted.LookAgain(item.Kind == DelayItemKind.LookAgain);
                    break;
                case DelayItemKind.Fetched:
                    RouteFetched();
                    break;
                case DelayItemKind.Moved:
                    _waiting.Move(item.Moves!.Entries);
                    _log.Waits.Complete(item.Moves, _fetching.Count > 0);
                    break;
            }
        }
        RouteDue(nowMs);
        if (_log.HasReleased)
            _log.WriteReleased(++_lastNumber);
        _waiting.PageOut(ResidentBudgetBytes, _log.Waits.DurableLsn);
        _log.AwaitDurable(_waiting.ResidentBytes > ResidentBudgetBytes ? _waiting.NextResidentLsn : null);
    }

    private void Add(in DelayedMessage added, long nowMs)
    {
        Message message = added.Message;
        var ticket = new PublishTicket(added.Publisher, added.Sequence, added.Group);
        var waiting = new WaitingMessage
        {
            Message = message,
            Number = ++_lastNumber,
            Place = _waiting.Enter(added.Vhost, added.Delay.Exchange.Name),
        };
        long dueMs = nowMs + added.Delay.DelayMs;
        Lsn lsn = default;
        if (_log.IsOpen && added.Delay.Exchange.Durable && PropertiesView.Parse(message.Properties).IsPersistent)
        {
            Appended appended = _log.Append(message, waiting.Number, dueMs + UnixOffsetMs(nowMs), waiting.Place);
            waiting.Record = appended.Position;
            lsn = appended.Lsn;
            if (ticket.IsAwaited)
                _log.Waits.Await(lsn, ticket);
        }
        else if (ticket.IsAwaited)
        {
            Accept(ticket);
        }
        _waiting.Add(waiting, dueMs, lsn);
        if (added.Credit is { } credit)
            _log.GiveCredit(credit, added.WeightBytes);
    }

    // Unix time less the clock of turns. Kept while the two go together, so that messages which are due at the same
    // moment are so after a restart, too, whichever of the clocks ticked first.
    private long UnixOffsetMs(long nowMs)
    {
        long offsetMs = _broker.Time.GetUtcNow().ToUnixTimeMilliseconds() - nowMs;
        if (_unixOffsetMs == long.MinValue || Math.Abs(offsetMs - _unixOffsetMs) > 1)
            _unixOffsetMs = offsetMs;
        return _unixOffsetMs;
    }

    private static void Accept(in PublishTicket ticket)
    {
        bool accepted = true;
        if (ticket.Group is PublishGroup group)
        {
            if (!group.Complete(accepted: true))
                return;
            accepted = !group.IsRejected;
            if (group.Completed is { } completed)
            {
                completed(accepted);
                return;
            }
            if (group.Commit is { } commit)
            {
                commit.Committed(accepted);
                return;
            }
        }
        if (ticket.Publisher is DeliveryChannel publisher)
            publisher.Outbox.Post(OutboxItem.Confirm(publisher, ticket.Sequence, accepted));
    }

    private void RouteDue(long nowMs)
    {
        while (_fetching.Count == 0 && _unansweredBytes < UnansweredLimitBytes
            && _waiting.TryPeek(out long dueMs, out bool isResident))
        {
            if (dueMs > nowMs)
            {
                _timer.Change(
                    TimeSpan.FromMilliseconds(Math.Min(dueMs - nowMs, FarAwayMs)), Timeout.InfiniteTimeSpan);
                return;
            }
            if (isResident)
                Route(_waiting.Take());
            else
                Fetch(nowMs);
        }
    }

    // Those that are due, up to the first whose bytes are here: that one goes behind them.
    private void Fetch(long nowMs)
    {
        while (!_batch.IsFull && _waiting.TryPeek(out long dueMs, out bool isResident) && dueMs <= nowMs && !isResident)
        {
            WaitingMessage due = _waiting.Take();
            _fetching.Add(due);
            _batch.Add(due.Number, due.Record, due.Message);
        }
        _broker.Reader.Post(new MessageReader.Item(null, _batch));
    }

    private void RouteFetched()
    {
        int lost = 0;
        for (int at = 0; at < _fetching.Count; at++)
        {
            WaitingMessage due = _fetching[at];
            due.Message = _batch.Items[at].Message;
            if (due.Message.IsResident)
            {
                Route(due);
                continue;
            }
            lost++;
            _waiting.Leave(due.Place);
            // What the disk only refused to read stays: the next start may read it.
            if (!_batch.Items[at].IsRefused)
                _log.Release(due.Number);
        }
        _fetching.Clear();
        _batch.Clear();
        _log.Waits.CompleteMoves();
        if (lost > 0)
        {
            _broker.Log(
                LogLevel.Error, LogCategory.Queue,
                $"{lost} delayed messages cannot be read from the node log and are not delivered: their records are "
                + "damaged and lost, or the disk refuses to read them, and then the next start tries again. "
                + "'warren storage check' tells which, and what else is.");
        }
    }

    private void Route(in WaitingMessage due)
    {
        _unansweredBytes += WeightBytes(due.Message);
        _unrouted.Route(due);
    }

    private bool TryRoute(in WaitingMessage due, bool isFinal)
    {
        Message message = due.Message;
        int targets = 0;
        if (_broker.Topology.Vhosts.TryGetValue(due.Place.Vhost, out Vhost? vhost))
        {
            PropertiesView properties = PropertiesView.Parse(message.Properties);
            var input = new RoutingInput(Encoding.UTF8.GetString(message.RoutingKey), properties);
            Router.RouteAfterDelay(vhost, due.Place.Exchange, input, _routes);
            long ttlMs = properties.HasExpiration ? PublishChecks.ParseExpiration(properties.Expiration) : -1;
            targets = _routes.Queues.Length;
            PublishGroup? group = targets > 0 ? Depart(due, targets) : null;
            foreach (QueueDefinition queue in _routes.Queues)
            {
                message.Slab.AddReferences(1);
                queue.Home.Post(QueueCommand.Publish(
                    message, properties.Priority, properties.IsPersistent, ttlMs, null, 0, group));
            }
        }
        if (targets == 0 && !isFinal)
            return false;
        _unansweredBytes -= WeightBytes(message);
        message.Slab.Release(1);
        _waiting.Leave(due.Place);
        if (due.IsStored && targets == 0)
            _log.Release(due.Number);
        return true;
    }

    private static int WeightBytes(in Message message) => message.SizeBytes + PublishCredit.MessageOverheadBytes;

    private PublishGroup Depart(in WaitingMessage due, int targets)
    {
        int weightBytes = WeightBytes(due.Message);
        _unansweredBytes += weightBytes;
        if (!due.IsStored)
        {
            // Nobody has it any more: a queue that is away loses it, and is not waited for.
            return new PublishGroup(targets, _ => Post(new Item(DelayItemKind.Answered, WeightBytes: weightBytes)))
            {
                AwaitsSync = true,
            };
        }
        long number = due.Number;
        return new PublishGroup(
            targets,
            _ =>
            {
                Lsn released = _log.ReleaseTaken(number);
                Post(new Item(DelayItemKind.Arrived, WeightBytes: weightBytes, Lsn: released));
            });
    }
}
