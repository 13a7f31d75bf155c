using System.Runtime.InteropServices;
using Warren.Amqp;
using Warren.Broker.Channels;
using Warren.Broker.Connections;
using Warren.Broker.Definitions;
using Warren.Broker.Definitions.Nodes;
using Warren.Broker.Durability;
using Warren.Broker.Messages;
using Warren.Broker.Queues;
using Warren.Broker.Turns;
using Warren.Storage;

namespace Warren.Broker.Delays;

/// <summary>
/// The messages that wait at x-delayed-message exchanges, owned by this mailbox's turn. A persistent message at a
/// durable exchange is stored, and confirmed when that is durable; any other is confirmed at once. When one is due it
/// is routed on the topology of then, from its exchange on; a stored one is released when every queue that it went to
/// has taken or refused it, durably if the queue is durable: a crash in between doubles it rather than lose it.
/// What has nowhere to go then is dropped when that is known to hold for all nodes, and holds up those behind it at its
/// exchange; see <see cref="DelayRouting"/>. While this node is cut off from the majority all wait, as what clients
/// publish does. Messages leave in the order in which they are due, equals in the order in which they came; bytes that
/// have left memory are read when they are due, and who is due behind them waits for that.
/// </summary>
internal sealed class DelayedMessages : Mailbox<DelayedMessages.Item>, IDisposable
{
    /// <summary>
    /// Bytes of stored messages that stay in memory: what is published with short delays needs no reading then.
    /// </summary>
    internal const long ResidentBudgetBytes = 8 * 1024 * 1024;

    /// <summary>Timers are armed for a day at most.</summary>
    private const long FarAwayMs = 86_400_000;

    /// <summary>How often it is looked whether nodes that are waited for are away by now.</summary>
    private const int AwayCheckMs = 100;

    private readonly MessageBroker _broker;
    private readonly WaitingMessages _waiting = new();
    private readonly DelayLog _log;
    private readonly DelayRouting _routing;
    private readonly ITimer _timer;
    // Messages whose bytes are being read, in the order of the batch: one batch under way at a time.
    private readonly List<DueMessage> _fetching = [];
    private readonly FetchBatch _batch = new();
    private long _lastNumber;
    private long _unixOffsetMs = long.MinValue;
    private bool _awaitsGate;

    public DelayedMessages(MessageBroker broker)
        : base(broker.Turns)
    {
        _broker = broker;
        _log = new DelayLog(this);
        _routing = new DelayRouting(broker, _waiting, _log, item => Post(item));
        _timer = broker.Time.CreateTimer(
            static state => ((DelayedMessages)state!).Post(new Item(DelayItemKind.Tick)), this,
            Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Something to do.</summary>
    /// <param name="Kind">What.</param>
    /// <param name="Added">With <see cref="DelayItemKind.Add"/>.</param>
    /// <param name="Departure">With <see cref="DelayItemKind.Arrived"/>: what is not on its way any more.</param>
    /// <param name="Lsn">With it, too: where the log says so.</param>
    /// <param name="Moves">With <see cref="DelayItemKind.Moved"/>.</param>
    /// <param name="Place">With <see cref="DelayItemKind.LookAgain"/>: whose messages are meant.</param>
    internal readonly record struct Item(
        DelayItemKind Kind, DelayedMessage Added = default, Departure? Departure = null, Lsn Lsn = default,
        MovedEntries? Moves = null, DelayPlace? Place = null);

    /// <summary>Messages that wait; the turn's, others may read an old value.</summary>
    public int Count => _waiting.Count + _fetching.Count;

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
                    Departure departure = item.Departure!;
                    _log.Waits.Await(
                        item.Lsn,
                        new PublishTicket(null, 0, new PublishGroup(1, _ => _routing.Answered(departure))));
                    break;
                case DelayItemKind.Answered:
                    _routing.Answered(item.Departure!);
                    break;
                case DelayItemKind.Durable:
                    while (_log.Waits.TryNextVerdict(out PublishTicket ticket))
                        Accept(ticket);
                    _log.ReleaseCredit();
                    break;
                case DelayItemKind.LookAgain or DelayItemKind.NotReached:
                    _routing.LookAgain(item.Place!, isReached: item.Kind == DelayItemKind.LookAgain);
                    break;
                case DelayItemKind.MayRoute:
                    _awaitsGate = false;
                    break;
                case DelayItemKind.Fetched:
                    RouteFetched();
                    break;
                case DelayItemKind.Moved:
                    _waiting.Move(item.Moves!.Entries);
                    foreach (ref DueMessage fetching in CollectionsMarshal.AsSpan(_fetching))
                        WaitingMessages.Move(ref fetching.Message, item.Moves.Entries);
                    _log.Waits.Complete(item.Moves, _fetching.Count > 0);
                    break;
            }
        }
        do
        {
            RouteDue(nowMs);
        }
        while (_fetching.Count == 0 && GoOnWithHeld());
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
        while (_fetching.Count == 0 && _waiting.TryPeek(out DueTime due, out DelayPlace place, out bool isResident))
        {
            if (due.DueMs > nowMs)
            {
                Wake(Math.Min(due.DueMs - nowMs, FarAwayMs));
                return;
            }
            if (!MayRoute())
                return;
            if (DelayRouting.IsHeldUp(place, due))
                _routing.HoldFirst(place, due);
            else if (isResident)
                _routing.Route(_waiting.Take(), due);
            else
                Fetch(nowMs);
        }
    }

    private bool GoOnWithHeld() =>
        _routing.GoOn(_waiting.TryPeek(out DueTime next, out _, out _) ? next : null);

    private bool MayRoute()
    {
        RoutingGate gate = _broker.Definitions.Gate;
        if (!gate.IsOpen)
        {
            if (!_awaitsGate)
            {
                _broker.Definitions.Post(
                    new TurnEvent(() => gate.WhenOpen(() => Post(new Item(DelayItemKind.MayRoute)))));
            }
            _awaitsGate = true;
            return false;
        }
        if (_routing.HasRoom)
            return true;
        // Else an answer comes.
        if (_routing.SendsToOthers)
            Wake(AwayCheckMs);
        return false;
    }

    private void Wake(long afterMs) =>
        _timer.Change(TimeSpan.FromMilliseconds(afterMs), Timeout.InfiniteTimeSpan);

    // Those that are due, up to the first whose bytes are here: that one goes behind them.
    private void Fetch(long nowMs)
    {
        while (!_batch.IsFull && _waiting.TryPeek(out DueTime due, out DelayPlace place, out bool isResident)
            && due.DueMs <= nowMs && !isResident)
        {
            if (DelayRouting.IsHeldUp(place, due))
            {
                _routing.HoldFirst(place, due);
                continue;
            }
            WaitingMessage taken = _waiting.Take();
            _fetching.Add(new DueMessage(taken, due));
            _batch.Add(taken.Number, taken.Record, taken.Message);
        }
        _broker.Reader.Post(new MessageReader.Item(null, _batch));
    }

    private void RouteFetched()
    {
        int lost = 0;
        for (int at = 0; at < _fetching.Count; at++)
        {
            WaitingMessage due = _fetching[at].Message;
            due.Message = _batch.Items[at].Message;
            if (due.Message.IsResident)
            {
                // Not now: this node may have been cut off meanwhile. They are the first in the order.
                _waiting.Add(due, _fetching[at].Due.DueMs, _log.LastLsn);
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
}
