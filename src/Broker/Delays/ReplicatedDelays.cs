using System.Collections.Immutable;
using Warren.Broker.Channels;
using Warren.Broker.Definitions;
using Warren.Broker.Durability;
using Warren.Broker.Messages;
using Warren.Broker.Queues;
using Warren.Broker.Queues.Replicated;
using Warren.Broker.Topology;
using Warren.Cluster.Groups;
using Warren.Cluster.Incidents;
using Warren.Storage;

namespace Warren.Broker.Delays;

/// <summary>
/// This node's member of what keeps the messages of a delayed exchange (<see cref="DelayStore"/>). To consensus, to
/// other members and to publishers it is a replicated queue: the same entries, the same lines. Only its leader does
/// something else with messages than a queue does: it hands them to nobody, but sends each on its way when it is due
/// and committed, on the topology of then, and removes it when all queues that it went to have it for good. One that is
/// lost on the way is sent again by whoever leads next. When it is due is a place in the group's own time, as a queue's
/// expiry is.
/// </summary>
internal sealed class ReplicatedDelays : ReplicatedQueue, IDelayKeeper
{
    /// <summary>
    /// So long its exchange has been gone, and nothing has waited, when it closes: longer than a publish waits that
    /// was routed there before.
    /// </summary>
    internal const long LingerMs = 20_000;

    /// <summary>As long as a delay may be; what a frame says may be more.</summary>
    private const long LongestDelayMs = uint.MaxValue;

    // Before any time.
    private const long DepartedMs = long.MinValue / 2;

    // What goes when it is committed that it does, in order; and of that what this turn has begun.
    private readonly Queue<(Lsn Index, LoggedDeparture Departing)> _departed = new();
    private readonly Queue<LoggedDeparture> _departing = new();
    private DelaySchedule? _schedule;
    private long? _unusedSinceMs;

    /// <inheritdoc cref="ReplicatedQueue(MessageBroker, QueueSettings, ClusterSetup, ILeaderAnnouncer, CatchUps)"/>
    public ReplicatedDelays(
        MessageBroker broker, QueueSettings settings, ClusterSetup setup, ILeaderAnnouncer announcer,
        CatchUps catchUps)
        : base(broker, settings, setup, announcer, catchUps)
    {
    }

    /// <summary>Messages that are kept: those on their way, too.</summary>
    public override int ReadyCount => Replica.Messages.Count;

    /// <summary>Bytes of those that are in memory.</summary>
    public override long ResidentBytes => Volatile.Read(ref _schedule)?.Waiting.ResidentBytes ?? 0;

    Lsn IDelayKeeper.LastStored => Leading!.LastLsn;

    private protected override bool IsReading => _schedule is { IsReading: true };

    // It is in every state of the group's.
    int IDelayKeeper.DepartureBytes => 2048;

    ImmutableArray<long>? IDelayKeeper.DepartedTo(long number) =>
        Leading!.State.Departures.TryFind(number, out MessageDeparture departure) ? departure.Queues : null;

    void IDelayKeeper.Drop(in WaitingMessage message) => Leading!.Remove(message.Number);

    // What other members can read goes on there; what nobody else has stays, for what it is worth.
    void IDelayKeeper.Lose(in WaitingMessage message, bool isRefused) =>
        NoteUnreadable(UnreadableEntry.Of(message.Number, isRefused));

    void IDelayKeeper.ReportLost(int count)
    {
        if (IsDamaged)
            return;
        ReplicaReports.Note(
            this, IncidentKind.DamagedMember,
            $"{count} delayed messages cannot be read from this node's log, which alone has them: their records are "
            + "damaged, or the disk refuses to read them",
            "'warren storage check' tells which");
    }

    void IDelayKeeper.Send(in WaitingMessage message, ReadOnlySpan<QueueDefinition> queues, Departure departure)
    {
        ImmutableArray<QueueDefinition> targets = [.. queues];
        long number = Leading!.Depart(message.Number, [.. targets.Select(static queue => queue.Id.Value)]);
        message.Message.Slab.AddReferences(1);
        _departing.Enqueue(new LoggedDeparture(message.Number, number, message.Message, targets, departure));
    }

    void IDelayKeeper.AskOthers(DelayPlace place)
    {
        DelaySchedule asking = _schedule!;
        Broker.Definitions.RequestBarrier(
            isReached => PostFor(asking, schedule => schedule.LookAgain(place, isReached)));
    }

    void IDelayKeeper.AwaitGate()
    {
        DelaySchedule waiting = _schedule!;
        Broker.Definitions.Post(new TurnEvent(() => Broker.Definitions.Gate.WhenOpen(
            () => PostFor(waiting, static schedule => schedule.GateOpened()))));
    }

    void IDelayKeeper.Read(FetchBatch batch)
    {
        foreach (ref FetchItem item in batch.Items)
            item = Leading!.Locate(item);
        Fetch(batch);
    }

    void IDelayKeeper.WakeIn(long ms) => TickAt(NowMs + ms);

    private protected override void Fill(Takeover takeover, Dictionary<long, Message> claimed)
    {
        var schedule = new DelaySchedule(Broker, this);
        long after = 0;
        while (Replica.Messages.TryNext(after, out ReplicaMessage message))
        {
            after = message.Index;
            var sizes = new Message(null!, 0, message.EnvelopeBytes, message.PropertiesBytes, message.BodyBytes);
            // What is on its way goes again before all else, in the order in which it went.
            long dueMs = Replica.State.Departures.TryFind(message.Index, out MessageDeparture departed)
                ? DepartedMs + departed.Number
                : message.ExpiresAt - Time.AheadMs;
            schedule.Waiting.Add(Waiting(schedule, sizes, message.Index), dueMs, default);
        }
        if (schedule.Count > 0 || Leading!.State.Time is not null)
            Leading!.UseTime(NowMs);
        Volatile.Write(ref _schedule, schedule);
    }

    private protected override void Take(in QueueCommand command, QueueScratch scratch, long nowMs)
    {
        if (_schedule is not { } schedule)
        {
            base.Take(command, scratch, nowMs);
            return;
        }
        var ticket = new PublishTicket(command.Target, (ulong)command.Second, command.Group);
        if (Machine.IsClosed)
        {
            // The exchange may be there again by now, and another store soon: nobody is told that this has it.
            command.Message.Slab.Release(1);
            if (ticket.IsAwaited)
                QueueReplies.Verdict(ticket, accepted: false, scratch);
            return;
        }
        long dueMs = nowMs + Math.Clamp(command.First, 0, LongestDelayMs);
        ReplicatedLog log = Leading!;
        var queued = new QueuedMessage
        {
            Message = command.Message,
            Position = log.NextPosition(0),
            ExpiresAtMs = dueMs,
            Priority = command.Priority,
            Flags = command.Flag ? PublishFlags.Persistent : PublishFlags.None,
        };
        log.Append(ref queued, shared: null, nowMs);
        schedule.Waiting.Add(
            Waiting(schedule, command.Message, queued.Position), dueMs, new Lsn(queued.Position));
        if (ticket.IsAwaited)
            Waits.Await(ticket);
    }

    private protected override void Apply(in QueueCommand command, QueueScratch scratch, long nowMs)
    {
        if (command.Kind == QueueCommandKind.OfDelays)
            ((Action)command.Target!)();
        else if (command.Kind == QueueCommandKind.Fetched && _schedule is { } schedule)
            schedule.TakeFetched();
        else
            base.Apply(command, scratch, nowMs);
    }

    private protected override void Page(NodeLog node, long nowMs)
    {
        base.Page(node, nowMs);
        if (_schedule is not { } schedule || Leading is not { } log || Machine.IsClosed || IsDamaged)
            return;
        schedule.RouteDue(nowMs);
        log.WriteDepartures();
        while (_departing.TryDequeue(out LoggedDeparture departing))
            _departed.Enqueue((log.LastLsn, departing));
        SendCommitted(log);
        schedule.Waiting.PageOut(Broker.PagingBudgetBytes, new Lsn(log.DurablePosition));
        LookForExchange(schedule, nowMs);
    }

    private protected override Action? LeaveReading()
    {
        _unusedSinceMs = null;
        DelaySchedule? gone = _schedule;
        Volatile.Write(ref _schedule, null);
        while (_departed.TryDequeue(out (Lsn Index, LoggedDeparture Departing) left))
            left.Departing.Message.Slab.Release(1);
        if (gone is { IsReading: true })
            return gone.Abandon;
        gone?.Abandon();
        return null;
    }

    private WaitingMessage Waiting(DelaySchedule schedule, in Message message, long number) => new()
    {
        Message = message,
        Number = number,
        Place = schedule.Waiting.Enter(Definition.Vhost, Definition.DelaysOf!, isReplicated: true),
    };

    // What comes back when this member serves no more, or anew, is nothing to who serves then.
    private void PostFor(DelaySchedule schedule, Action<DelaySchedule> then) => Post(QueueCommand.OfDelays(() =>
    {
        if (_schedule == schedule)
            then(schedule);
    }));

    private void SendCommitted(ReplicatedLog log)
    {
        while (_departed.TryPeek(out (Lsn Index, LoggedDeparture Departing) first)
            && first.Index.Value <= log.Committed)
        {
            _departed.Dequeue();
            LoggedDeparture sent = first.Departing;
            DelaySchedule sending = _schedule!;
            void Arrived(DelaySchedule schedule)
            {
                schedule.Answered(sent.Departure);
                Leading!.Remove(sent.Position);
            }
            DelayRouting.Post(
                sent.Message, sent.Queues.AsSpan(),
                new PublishGroup(sent.Queues.Length, _ => PostFor(sending, Arrived))
                {
                    IsKeptUntilSafe = true,
                    Origin = new PublishOrigin(PublishSource.OfDelayStore(Definition.Id), sent.Number),
                });
            sent.Message.Slab.Release(1);
        }
    }

    private void LookForExchange(DelaySchedule schedule, long nowMs)
    {
        TickAt(nowMs + LingerMs);
        if (Replica.Messages.Count + schedule.Count > 0
            || !Broker.Topology.Vhosts.TryGetValue(Definition.Vhost, out Vhost? vhost)
            || DelayStore.IsWanted(vhost, Definition))
        {
            _unusedSinceMs = null;
            return;
        }
        _unusedSinceMs ??= nowMs;
        if (nowMs < _unusedSinceMs + LingerMs)
            return;
        // Whoever leads until its definition is gone takes nothing, and sees to that.
        Machine.Close(null, ifUnused: false, ifEmpty: false, CloseReason.Deleted, nowMs);
    }
}
