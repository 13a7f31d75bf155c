using System.Collections.Immutable;
using Warren.Broker.Channels;
using Warren.Broker.Connections;
using Warren.Broker.Definitions;
using Warren.Broker.Durability;
using Warren.Broker.Messages;
using Warren.Broker.Operations;
using Warren.Broker.Queues.Remote;
using Warren.Broker.Queues.Replicated;
using Warren.Broker.Turns;
using Warren.Storage;

namespace Warren.Broker.Queues;

/// <summary>
/// A queue on this node: the mailbox in front of its <see cref="QueueMachine"/>. A turn feeds the machine a batch of
/// commands and then carries out the effects, in order: deliveries, replies and confirms go to outboxes, one post per
/// connection and turn; dead letters are routed and posted; closed queues are reported to the definitions. What the
/// machine has appended to the node log is complete before anybody is told of the turn's outcome, and who wants to know
/// that a message is safe is told when its record is durable.
/// Nothing here decides anything about messages.
/// </summary>
public class Queue : QueueHome
{
    private readonly MessageBroker _broker;
    private readonly EffectList _effects = new();
    private QueueLog _log;
    private QueueMachine _machine;
    private QueueStorage _storage;
    private DeadLettering? _deadLettering;
    private HeldCredit? _held;
    private Conversion? _conversion;
    private long _scheduledMs = long.MaxValue;
    private int _burials;
    private int _lost;

    internal Queue(MessageBroker broker, QueueSettings settings, ITurnScheduler? turns = null)
        : base(turns ?? broker.Turns, settings)
    {
        _broker = broker;
        _log = new QueueLog();
        _machine = new QueueMachine(settings, _effects, broker.NowMs, _log);
        _storage = new QueueStorage(this, _log);
    }

    private protected MessageBroker Broker => _broker;
    private protected QueueStorage Waits => _storage;
    /// <summary>Begins anew, with another log; what the machine of before had in memory is given back.</summary>
    private protected void Renew(QueueLog log)
    {
        EndMachine();
        _deadLettering?.End();
        _deadLettering = null;
        (_lost, _scheduledMs) = (0, long.MaxValue);
        _log = log;
        _machine = new QueueMachine(Settings, _effects, _broker.NowMs, log);
        _storage = new QueueStorage(this, log);
    }

    /// <summary>The timer has fired, and the machine is not there to be told.</summary>
    internal void NoteTick() => _scheduledMs = long.MaxValue;

    /// <summary>Its turn comes at this time, if not before.</summary>
    internal void TickAt(long dueMs) => ScheduleAt(dueMs, _broker.NowMs);

    /// <summary>Lines of other nodes that post here.</summary>
    internal LineCount Lines { get; } = new();

    /// <inheritdoc/>
    internal override bool IsFull => _conversion is { } conversion && (conversion.Front?.IsFull ?? conversion.IsFull);

    /// <summary>
    /// It was taken over before this process began: posts go on from the first, in their order. Called before it is
    /// published.
    /// </summary>
    internal void GoOnElsewhere() =>
        Volatile.Write(ref _conversion, Conversion.Over(this, _broker, _log, _storage));

    /// <summary>It has never been opened in this process.</summary>
    internal bool IsBlank => !_log.IsOpen;

    /// <summary>Carries out what was decided beside a turn of commands, and has read what is wanted.</summary>
    internal void CarryOutAndRead()
    {
        Page(_broker.Storage!, _broker.NowMs);
        Flush(QueueScratch.ForThisThread);
    }

    /// <summary>Stored dead letters are on their way.</summary>
    internal bool HasBurials => _burials > 0;
    internal bool KeepsLetters => _deadLettering?.HasWaiting == true;

    /// <summary>The queue goes on elsewhere: what is in memory is given back, and nobody is told.</summary>
    internal void EndMachine()
    {
        _machine.Abandon();
        CarryOutEffects();
        _held?.Release(long.MaxValue);
    }

    private protected void CarryOutEffects() => CarryOut(QueueScratch.ForThisThread);

    /// <summary>Whether an effect may be carried out only later; then whoever holds it carries it out.</summary>
    private protected virtual bool Holds(in QueueEffect effect) => false;

    /// <summary>The turn has written all that it decided.</summary>
    private protected virtual void Stamp() => _storage.Stamp();

    /// <inheritdoc/>
    public override int ReadyCount => Front?.ReadyCount ?? _machine.ReadyCount;

    /// <inheritdoc/>
    public override int UnackedCount => Front?.UnackedCount ?? _machine.UnackedCount;

    /// <inheritdoc/>
    public override long ReadyBytes => Front?.ReadyBytes ?? _machine.ReadyBytes;

    /// <inheritdoc/>
    public override long UnackedBytes => Front?.UnackedBytes ?? _machine.UnackedBytes;

    /// <inheritdoc/>
    public override long ResidentBytes => Front?.ResidentBytes ?? _machine.ResidentBytes;

    /// <inheritdoc/>
    public override int ConsumerCount => Front?.ConsumerCount ?? _machine.ConsumerCount;

    /// <inheritdoc/>
    public override ConsumerStatus? Holder => Front is { } front ? front.Holder
        : _machine.Holder is { } holder ? ConsumerStatus.Of(holder, Definition, isActive: true)
        : null;

    /// <summary>Its counts are the turn's, others may read old values; its commands are the turn's alone.</summary>
    public QueueMachine Machine => _machine;

    public QueueTotals Totals => _machine.Totals;

    /// <inheritdoc cref="QueueLog.DurablePosition"/>
    internal long DurablePosition => _log.DurablePosition;

    /// <inheritdoc/>
    internal override QueueHome? Front => Volatile.Read(ref _conversion)?.Front;

    /// <summary>The group of its stored messages.</summary>
    internal GroupId Group => new(Definition.Id.Value);

    /// <summary>The group of what it has written to spare memory.</summary>
    internal GroupId PagedGroup => DurableGroups.PagedOf(Definition.Id.Value, _broker.Storage!.Boot);

    /// <summary>Makes sure that the machine's first timer runs. Called before the queue is published.</summary>
    internal void ScheduleTick()
    {
        if (_machine.NextDueMs < long.MaxValue)
            ScheduleAt(_machine.NextDueMs, _broker.NowMs);
    }

    // One entry at a time: it is armed anew only when it has fired, or for an earlier moment.
    private protected void ScheduleAt(long dueMs, long nowMs)
    {
        dueMs = Math.Min(dueMs, nowMs + QueueTimers.FarAwayMs);
        if (dueMs >= _scheduledMs)
            return;
        _scheduledMs = dueMs;
        _broker.Timers.Schedule(this, dueMs);
    }

    /// <summary>
    /// Takes up what waits, before anybody is served; <paramref name="group"/> is null if nothing ever did.
    /// </summary>
    internal void Open(NodeLog log, RecoveredGroup? group)
    {
        QueueRecovery.Open(this, log, log.OpenGroup(Group, _storage), group, _log, _broker);
        ScheduleTick();
    }

    /// <summary>Other rules, before it is opened by a start.</summary>
    internal override void ConfigureEarly(QueueSettings settings) =>
        ApplyRare(QueueCommand.Configure(settings), _broker.NowMs);

    /// <summary>The definition has been removed: the queue's groups end with it.</summary>
    internal void DropLog() => Post(QueueCommand.DropLog());

    protected override void Handle(ReadOnlySpan<QueueCommand> batch)
    {
        try
        {
            if (_conversion is { } conversion)
                conversion.Handle(batch);
            else
                HandleAll(batch);
        }
        catch (StorageFailedException)
        {
            Abandon();
        }
    }

    // The node stops. Nobody may be told of what this turn decided, since it was not written.
    private protected void Abandon()
    {
        _effects.Clear();
        QueueScratch.Abandon();
    }

    internal void HandleAll(ReadOnlySpan<QueueCommand> batch)
    {
        QueueScratch scratch = QueueScratch.ForThisThread;
        long nowMs = _broker.NowMs;
        bool isReturning = false;
        foreach (ref readonly QueueCommand command in batch)
        {
            // What returns together is in order before anybody gets it.
            bool returns = command.Kind is QueueCommandKind.Return or QueueCommandKind.Requeue;
            if (returns != isReturning)
                SetReturning(isReturning = returns, nowMs);
            // Compaction moves messages: effects that still name the old place must be carried out before. So must
            // those that were decided under the settings of before.
            bool ends = command.Kind is QueueCommandKind.Compact or QueueCommandKind.Configure;
            if (ends || _effects.Count >= QueueScratch.EffectsPerFlush)
                Flush(scratch);
            Apply(command, scratch, nowMs);
        }
        if (isReturning)
            SetReturning(false, nowMs);
        if (_deadLettering?.Hold(_machine, nowMs) is { } lookMs)
            ScheduleAt(lookMs, nowMs);
        if (_broker.Storage is { } storage)
            Page(storage, nowMs);
        Flush(scratch);
        _machine.CutOff.HoldsDeadLetters |=
            _deadLettering?.IsHeldUp == true || _conversion is { HoldsDeadLetters: true };
        _storage.AwaitDurable(_machine.ResidentBytes > _broker.PagingBudgetBytes);
        if (_held is { IsEmpty: false } held && held.Release(_machine, nowMs) is { } dueMs)
            ScheduleAt(dueMs, nowMs);
        if (_machine.NextDueMs <= nowMs)
            Post(QueueCommand.Tick());
        else
            ScheduleTick();
    }

    private protected virtual void Page(NodeLog log, long nowMs)
    {
        // Not only when woken for it: while records keep coming, the last of them is never durable.
        _storage.NoteDurable();
        // A replicated queue stores all that it has.
        bool writes = _broker.IsShortOfMemory && !_machine.Paging.IsLimited;
        if (writes)
            _log.Paged.Open(log, PagedGroup, _storage.Paged);
        _machine.Paging.PageOut(_broker.PagingBudgetBytes, writes);
        if (_machine.NextFetch(nowMs) is { } fetch)
            _broker.Reader.Post(new MessageReader.Item(this, fetch));
    }

    // What is written to the log goes before whoever hears of it.
    private void Flush(QueueScratch scratch)
    {
        CarryOut(scratch);
        _machine.Stored.Write();
        Stamp();
        scratch.Flush();
        if (_lost > 0)
            QueueReports.Lost(_broker, Definition, _lost);
        _lost = 0;
    }

    private void GiveCredit(PublishCredit credit, int sizeBytes, long nowMs)
    {
        if (_storage.IsBehind)
            _storage.Hold(credit, sizeBytes);
        else if (_machine.WaitsForWriting(HeldCredit.BacklogMessages))
            (_held ??= new HeldCredit()).Add(credit, sizeBytes, nowMs);
        else
            credit.Give(sizeBytes);
    }

    private void SetReturning(bool returning, long nowMs)
    {
        if (returning)
            _machine.BeginGroup();
        else
            _machine.EndGroup(nowMs);
    }

    private protected virtual void Apply(in QueueCommand command, QueueScratch scratch, long nowMs)
    {
        switch (command.Kind)
        {
            case QueueCommandKind.Publish:
                var ticket = new PublishTicket(command.Target, (ulong)command.Second, command.Group);
                PublishFlags flags = command.Flag ? PublishFlags.Persistent : PublishFlags.None;
                SharedBody? shared = (command.Group as PublishGroup)?.SharedBody;
                _machine.Publish(command.Message, command.First, command.Priority, flags, ticket, nowMs, shared);
                break;
            case QueueCommandKind.Settle:
                _machine.Settle(command.Slot, command.First, nowMs);
                break;
            case QueueCommandKind.Written:
                _machine.Written((Consumer)command.Target!, (int)command.First, command.Second, nowMs);
                break;
            case QueueCommandKind.Credit:
                GiveCredit((PublishCredit)command.Target!, (int)command.Second, nowMs);
                break;
            case QueueCommandKind.Reject:
                _machine.Reject(command.Slot, command.First, requeue: false, nowMs);
                break;
            case QueueCommandKind.Requeue:
                _machine.Reject(command.Slot, command.First, requeue: true, nowMs);
                break;
            case QueueCommandKind.Return:
                _machine.Return(command.Slot, command.First, command.Flag, nowMs);
                break;
            case QueueCommandKind.Durable:
                _storage.NoteDurable();
                while (_storage.TryNextVerdict(out PublishTicket safe))
                    QueueReplies.Verdict(safe, accepted: true, scratch);
                break;
            case >= QueueCommandKind.Sync:
                ApplyToStorage(command, scratch, nowMs);
                break;
            default:
                ApplyRare(command, nowMs);
                break;
        }
    }

    private void ApplyToStorage(in QueueCommand command, QueueScratch scratch, long nowMs)
    {
        switch (command.Kind)
        {
            case QueueCommandKind.Sync:
                CarryOut(scratch);
                _machine.Stored.Write();
                _storage.Await(new PublishTicket(command.Target, (ulong)command.Second, command.Group), scratch);
                break;
            case QueueCommandKind.Buried when command.Target == _log:
                _burials--;
                _machine.Stored.Buried(command.First);
                break;
            case QueueCommandKind.LookAgain:
                _deadLettering?.LookAgain(command);
                break;
            case QueueCommandKind.Fetched:
                _machine.Fetched(nowMs);
                _storage.CompleteMoves();
                break;
            case QueueCommandKind.Moved:
                var moves = (MovedEntries)command.Target!;
                if (command.Flag)
                    _machine.Stored.MovePaged([.. moves.Entries]);
                else
                    _machine.Stored.Move([.. moves.Entries]);
                _storage.Complete(moves, _machine.Paging.IsFetching);
                break;
            case QueueCommandKind.DropLog:
                _log.Drop();
                _storage.Ended();
                break;
            case QueueCommandKind.SaveState:
                QueueRecovery.Save(_machine, _log, _broker, (Action)command.Target!);
                break;
            case QueueCommandKind.Convert or QueueCommandKind.LineMoved or QueueCommandKind.LinesMoved:
                (_conversion ??= new Conversion(this, _broker, _log, _storage)).Apply(command);
                break;
            case QueueCommandKind.Rest:
                // A group that does not end.
                _machine.BeginGroup();
                break;
        }
    }

    private void ApplyRare(in QueueCommand command, long nowMs)
    {
        switch (command.Kind)
        {
            case QueueCommandKind.AddConsumer:
                _machine.AddConsumer((Consumer)command.Target!, command.Group, nowMs);
                break;
            case QueueCommandKind.CancelConsumer:
                _machine.CancelConsumer((Consumer)command.Target!, command.Group, nowMs);
                break;
            case QueueCommandKind.ReturnAll:
                _machine.CutOff.ReturnAll((Outbox)command.Target!, nowMs);
                break;
            case QueueCommandKind.SettleLate:
                _machine.CutOff.SettleLate((long[])command.Target!, nowMs);
                break;
            case QueueCommandKind.Together:
                SetReturning(command.Flag, nowMs);
                break;
            case QueueCommandKind.Resume:
                _machine.Resume((Consumer)command.Target!, nowMs);
                break;
            case QueueCommandKind.Get:
                _machine.Get(command.Target!, command.Flag, nowMs);
                break;
            case QueueCommandKind.Purge:
                _machine.Purge(command.Target!, nowMs);
                break;
            case QueueCommandKind.Status:
                _machine.Status(command.Target!, command.Flag, nowMs);
                break;
            case QueueCommandKind.Close:
                _machine.Close(command.Target, command.Priority != 0, command.Flag, CloseReason.Deleted, nowMs);
                break;
            case QueueCommandKind.Configure:
                Settings = (QueueSettings)command.Target!;
                _machine.Configure(Settings, nowMs);
                break;
            case QueueCommandKind.ListConsumers:
                ((TaskCompletionSource<ImmutableArray<ConsumerStatus>>)command.Target!)
                    .SetResult(ConsumerStatus.AllOf(_machine, Definition));
                break;
            case QueueCommandKind.Compact:
                new Compaction(_broker.Slabs).Run(_machine);
                break;
            default:
                if (nowMs >= _scheduledMs)
                    _scheduledMs = long.MaxValue;
                _machine.Tick(nowMs);
                break;
        }
    }

    private void CarryOut(QueueScratch scratch)
    {
        foreach (ref readonly QueueEffect effect in _effects.Span)
        {
            if (!_machine.Paging.IsLimited || !Holds(in effect))
                CarryOut(in effect, scratch);
        }
        scratch.FlushReferences();
        _effects.Clear();
    }

    private protected void CarryOut(in QueueEffect effect, QueueScratch scratch)
    {
        switch (effect.Kind)
        {
            case QueueEffectKind.Deliver:
                QueueReplies.Deliver(effect, scratch);
                break;
            case QueueEffectKind.Confirm:
                // Who waits for a dead letter's arrival needs no sync: the source is released behind it in the log.
                if (effect.AwaitsSync && effect.Ticket.Group is not PublishGroup { NeedsNoSync: true })
                    _storage.Await(effect.Ticket);
                else
                    QueueReplies.Verdict(effect.Ticket, accepted: true, scratch);
                break;
            case QueueEffectKind.Release:
                // A delivery before it may have been the slab's last reference but this one.
                scratch.FlushReferences();
                effect.Slab.Release(effect.References);
                break;
            default:
                CarryOutRare(effect, scratch);
                break;
        }
    }

    private void CarryOutRare(in QueueEffect effect, QueueScratch scratch)
    {
        switch (effect.Kind)
        {
            case QueueEffectKind.Reject:
                QueueReplies.Verdict(effect.Ticket, accepted: false, scratch);
                break;
            case QueueEffectKind.GetOk or QueueEffectKind.Answer:
                QueueReplies.Reply(effect, this, scratch);
                break;
            case QueueEffectKind.DeadLetter:
                scratch.FlushReferences();
                _burials += effect.Position == 0 ? 0 : 1;
                _deadLettering ??= new DeadLettering(_broker, this);
                _deadLettering.Forward(
                    effect.Message, effect.DeadLetterReason, Settings,
                    DeadLettering.Burial(this, _log, effect.Position));
                break;
            case QueueEffectKind.Lost:
                _lost++;
                break;
            case QueueEffectKind.CancelConsumer:
                scratch.Events.Add(new ChannelEvent(
                    effect.Consumer.Channel, ConnectionEventKind.ConsumerEnded, effect.Consumer));
                if (effect.CancelReason == CancelReason.Timeout)
                    QueueReports.CancelledLate(_broker, Definition, effect.Consumer);
                break;
            case QueueEffectKind.FreePlaces:
                scratch.Events.Add(new ChannelEvent(
                    effect.Consumer.Channel, ConnectionEventKind.ConsumerOverdue, effect.Consumer));
                break;
            case QueueEffectKind.CloseChannel:
                scratch.Events.Add(new ChannelEvent(
                    effect.Consumer.Channel, ConnectionEventKind.Failed,
                    effect.Consumer.OverdueError(Settings.ConsumerTimeoutMs)));
                break;
            case QueueEffectKind.Closed:
                _broker.Definitions.Post(new RemoveQueue(Definition));
                break;
        }
    }
}
