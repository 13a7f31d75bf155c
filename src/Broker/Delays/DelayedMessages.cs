using System.Collections.Immutable;
using Warren.Amqp;
using Warren.Broker.Channels;
using Warren.Broker.Connections;
using Warren.Broker.Definitions;
using Warren.Broker.Durability;
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
/// What has nowhere to go then is dropped when that is known to hold for all nodes, and holds up those behind it at its
/// exchange; see <see cref="DelayRouting"/>. While this node is cut off from the majority all wait, as what clients
/// publish does. Messages leave in the order in which they are due, equals in the order in which they came; bytes that
/// have left memory are read when they are due, and who is due behind them waits for that.
/// </summary>
internal sealed class DelayedMessages : Mailbox<DelayedMessages.Item>, IDelayKeeper, IDisposable
{
    /// <summary>
    /// Bytes of stored messages that stay in memory: what is published with short delays needs no reading then.
    /// </summary>
    internal const long ResidentBudgetBytes = 8 * 1024 * 1024;

    private readonly MessageBroker _broker;
    private readonly WaitingMessages _waiting;
    private readonly DelayLog _log;
    private readonly DelaySchedule _schedule;
    private readonly DelayMoves _moves;
    // What is done with batches that are being read, in their order.
    private readonly Queue<Action> _reads = new();
    private readonly DelayClock _clock;
    private readonly ITimer _timer;
    private long _lastNumber;

    public DelayedMessages(MessageBroker broker)
        : base(broker.Turns)
    {
        _broker = broker;
        _log = new DelayLog(this);
        _schedule = new DelaySchedule(broker, this);
        _waiting = _schedule.Waiting;
        _clock = new DelayClock(broker);
        _moves = new DelayMoves(
            broker, _schedule, _log, Read, happened => Post(new Item(DelayItemKind.Moving, Happened: happened)));
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
    /// <param name="Happened">With <see cref="DelayItemKind.Moving"/>: what is called.</param>
    internal readonly record struct Item(
        DelayItemKind Kind, DelayedMessage Added = default, Departure? Departure = null, Lsn Lsn = default,
        MovedEntries? Moves = null, DelayPlace? Place = null, Action? Happened = null);

    /// <summary>Messages that wait; the turn's, others may read an old value.</summary>
    public int Count => _schedule.Count + _moves.Count;

    /// <summary>Bytes of stored messages that are in memory; the turn's, as <see cref="Count"/>.</summary>
    internal long ResidentBytes => _waiting.ResidentBytes;

    /// <summary>What keeps the messages of a delayed exchange on several nodes; null: this node keeps them.</summary>
    public QueueHome? FindStore(string vhost, in RouteDelay delay) =>
        delay.Exchange.Durable && _broker.Replication is not null
        && _broker.Topology.Vhosts.TryGetValue(vhost, out Vhost? there)
        && there.DelayStores.TryGetValue(delay.Exchange.Name, out QueueDefinition? store)
            ? store.Home
            : null;

    /// <summary>A message begins to wait, wherever those of its exchange are kept.</summary>
    public void Add(in DelayedMessage message)
    {
        if (FindStore(message.Vhost, message.Delay) is not { } store)
        {
            Post(new Item(DelayItemKind.Add, message));
            return;
        }
        PropertiesView properties = PropertiesView.Parse(message.Message.Properties);
        store.Post(QueueCommand.Publish(
            message.Message, properties.Priority, properties.IsPersistent, message.Delay.DelayMs, message.Publisher,
            message.Sequence, message.Group));
        if (message.Credit is { } credit)
            store.Post(QueueCommand.Credit(credit, message.WeightBytes));
    }

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
        long unixOffsetMs = _clock.UnixOffsetMs(_clock.NowMs);
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
            StoresMade();
    }

    /// <summary>
    /// Several nodes keep the messages of some delayed exchange from now on: what waits here goes to them.
    /// </summary>
    internal void StoresMade() => Post(new Item(DelayItemKind.Stores));

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
        long nowMs = _clock.NowMs;
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
                        new PublishTicket(null, 0, new PublishGroup(1, _ => _schedule.Answered(departure))));
                    break;
                case DelayItemKind.Answered:
                    _schedule.Answered(item.Departure!);
                    break;
                case DelayItemKind.Durable:
                    while (_log.Waits.TryNextVerdict(out PublishTicket ticket))
                        Accept(ticket);
                    _log.ReleaseCredit();
                    break;
                case DelayItemKind.LookAgain or DelayItemKind.NotReached:
                    _schedule.LookAgain(item.Place!, isReached: item.Kind == DelayItemKind.LookAgain);
                    break;
                case DelayItemKind.Stores:
                    _moves.LookAgain();
                    break;
                case DelayItemKind.Moving:
                    item.Happened!();
                    break;
                case DelayItemKind.MayRoute:
                    _schedule.GateOpened();
                    break;
                case DelayItemKind.Fetched:
                    _reads.Dequeue()();
                    if (_reads.Count == 0)
                        _log.Waits.CompleteMoves();
                    break;
                case DelayItemKind.Moved:
                    _schedule.Move(item.Moves!.Entries);
                    _moves.Move(item.Moves.Entries);
                    _log.Waits.Complete(item.Moves, _reads.Count > 0);
                    break;
            }
        }
        _moves.GoOn(nowMs);
        _schedule.RouteDue(nowMs);
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
            Appended appended = _log.Append(message, waiting.Number, dueMs + _clock.UnixOffsetMs(nowMs), waiting.Place);
            waiting.Record = appended.Position;
            lsn = appended.Lsn;
            if (ticket.IsAwaited)
                _log.Waits.Await(lsn, ticket);
        }
        else if (ticket.IsAwaited)
        {
            Accept(ticket);
        }
        if (!_moves.TryAdd(waiting, dueMs))
            _waiting.Add(waiting, dueMs, lsn);
        if (added.Credit is { } credit)
            _log.GiveCredit(credit, added.WeightBytes);
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

    Lsn IDelayKeeper.LastStored => _log.LastLsn;

    int IDelayKeeper.DepartureBytes => 0;

    // What a start finds has not been sent, as far as it knows.
    ImmutableArray<long>? IDelayKeeper.DepartedTo(long number) => null;

    void IDelayKeeper.Drop(in WaitingMessage message)
    {
        if (message.IsStored)
            _log.Release(message.Number);
    }

    // What the disk only refused to read stays: the next start may read it.
    void IDelayKeeper.Lose(in WaitingMessage message, bool isRefused)
    {
        if (isRefused)
            _moves.GiveUp(message.Place);
        else
            _log.Release(message.Number);
    }

    void IDelayKeeper.Send(in WaitingMessage message, ReadOnlySpan<QueueDefinition> queues, Departure departure) =>
        DelayRouting.Post(message.Message, queues, GroupOf(message, queues.Length, departure));

    void IDelayKeeper.AskOthers(DelayPlace place) => _broker.Definitions.RequestBarrier(isReached => Post(
        new Item(isReached ? DelayItemKind.LookAgain : DelayItemKind.NotReached, Place: place)));

    void IDelayKeeper.AwaitGate() => _broker.Definitions.Post(
        new TurnEvent(() => _broker.Definitions.Gate.WhenOpen(() => Post(new Item(DelayItemKind.MayRoute)))));

    void IDelayKeeper.Read(FetchBatch batch) => Read(batch, _schedule.TakeFetched);

    void IDelayKeeper.WakeIn(long ms) => _timer.Change(TimeSpan.FromMilliseconds(ms), Timeout.InfiniteTimeSpan);

    void IDelayKeeper.ReportLost(int count)
    {
        _broker.Log(
            LogLevel.Error, LogCategory.Queue,
            $"{count} delayed messages cannot be read from the node log and are not delivered: their records are "
            + "damaged and lost, or the disk refuses to read them, and then the next start tries again. "
            + "'warren storage check' tells which, and what else is.");
        QueueReports.LostDelayed(_broker, count);
    }

    private void Read(FetchBatch batch, Action then)
    {
        _reads.Enqueue(then);
        _broker.Reader.Post(new MessageReader.Item(null, batch));
    }

    private PublishGroup GroupOf(in WaitingMessage message, int targets, Departure departure)
    {
        if (!message.IsStored)
        {
            // Nobody has it any more: a queue that is away loses it, and is not waited for.
            return new PublishGroup(
                targets, _ => Post(new Item(DelayItemKind.Answered, Departure: departure)))
            {
                AwaitsSync = true,
            };
        }
        long number = message.Number;
        return new PublishGroup(
            targets,
            _ =>
            {
                Lsn released = _log.ReleaseTaken(number);
                Post(new Item(DelayItemKind.Arrived, Departure: departure, Lsn: released));
            });
    }
}
