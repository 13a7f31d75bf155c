using System.Runtime.InteropServices;
using Warren.Broker.Connections;
using Warren.Broker.Queues.Remote;
using Warren.Storage;

namespace Warren.Broker.Queues.Replicated;

/// <summary>
/// How a queue that has served alone goes on as a replicated one, in its turn and without anybody's notice
/// (docs/decisions/0014-members-while-it-serves.md). Lines of other nodes are moved first, while it serves on. Then
/// clients' commands wait, until nothing is on its way: no read, no dead letter, no verdict. Then every message becomes
/// an entry of its own, and when all of that is durable the node's member takes the group over and leads. What waited,
/// and whatever is posted to the queue later, goes to the node's stand-in.
/// </summary>
/// <param name="queue">Which.</param>
/// <param name="broker">The node's.</param>
/// <param name="log">The queue's.</param>
/// <param name="storage">The queue's.</param>
internal sealed class Conversion(Queue queue, MessageBroker broker, QueueLog log, QueueStorage storage)
{
    private readonly List<QueueCommand> _waiting = [];
    private readonly List<QueueVisit> _lines = [];
    // Told while records were noted here: the old places stay until the member has taken note.
    private readonly List<QueueCommand> _moves = [];
    private Step _step;
    private Departure? _departure;
    private ReplicatedHome? _front;
    private ReplicatedQueue? _member;

    private enum Step
    {
        Waiting,
        Moving,
        Settling,
        Taking,
        Writing,
        Over,
    }

    /// <summary>Where commands go now; null: the queue handles them itself. Any thread.</summary>
    public ReplicatedHome? Front => Volatile.Read(ref _front);

    private QueueLinks Links => broker.QueueLinks!;

    /// <summary>One of the commands that concern it.</summary>
    public void Apply(in QueueCommand command)
    {
        switch (command.Kind)
        {
            case QueueCommandKind.Convert when _member is null:
                _member = (ReplicatedQueue?)command.Target;
                if (_member is null)
                    Replace([], []);
                else
                    MoveLines();
                break;
            case QueueCommandKind.LineMoved:
                // Its clients are told what they hold when that is known.
                _lines.Add((QueueVisit)command.Target!);
                break;
            case QueueCommandKind.LinesMoved when _step == Step.Moving:
                _step = Step.Settling;
                // A group that does not end: nothing is delivered any more.
                queue.Machine.BeginGroup();
                break;
        }
    }

    /// <summary>The queue's turn, from the beginning of this on.</summary>
    public void Handle(ReadOnlySpan<QueueCommand> batch)
    {
        int from = 0;
        for (int at = 0; at < batch.Length && _step >= Step.Settling; at++)
        {
            if (!IsQueuesOwn(in batch[at]))
                continue;
            Pass(batch[from..at]);
            HandleOwn(in batch[at]);
            from = at + 1;
        }
        Pass(batch[from..]);
        if (_step == Step.Over)
            return;
        if (queue.Machine.IsClosed)
            GiveUp();
        else
            GoOn();
    }

    private void MoveLines()
    {
        // One that its target does not take for hours must not have everybody wait.
        if (queue.HasBurials)
            return;
        _step = Step.Moving;
        queue.Lines.Move(() => queue.Post(QueueCommand.LinesMoved()));
        Links.MoveLines(queue.Definition.Id.Value);
    }

    private void Pass(ReadOnlySpan<QueueCommand> commands)
    {
        if (_step < Step.Settling)
            queue.HandleAll(commands);
        else if (_step == Step.Over)
            _front!.Post(commands);
        else
            _waiting.AddRange(commands);
    }

    private static bool IsQueuesOwn(in QueueCommand command) => command.Kind switch
    {
        QueueCommandKind.Durable or QueueCommandKind.Buried or QueueCommandKind.LookAgain => true,
        QueueCommandKind.Fetched or QueueCommandKind.Moved or QueueCommandKind.DropLog => true,
        QueueCommandKind.SaveState or QueueCommandKind.Rest or QueueCommandKind.Compact => true,
        QueueCommandKind.Tick => true,
        QueueCommandKind.LinesMoved or QueueCommandKind.Convert or QueueCommandKind.LineMoved => true,
        // The definition is gone.
        QueueCommandKind.Close => command.Target is null,
        _ => false,
    };

    private void HandleOwn(in QueueCommand command)
    {
        switch (command.Kind)
        {
            case QueueCommandKind.SaveState:
                // What is noted would take the place of a mark, and nothing is to be noted of a member.
                ((Action)command.Target!)();
                break;
            case QueueCommandKind.Compact or QueueCommandKind.Rest or QueueCommandKind.Tick:
                break;
            case QueueCommandKind.Moved when _step is Step.Taking or Step.Writing:
                _moves.Add(command);
                break;
            case QueueCommandKind.Moved when _step == Step.Over && !command.Flag:
                _member!.Post(command);
                break;
            case QueueCommandKind.Moved when _step == Step.Over:
                ((MovedEntries)command.Target!).Complete();
                break;
            case QueueCommandKind.Close when _step == Step.Over:
                _front!.Post(command);
                break;
            case QueueCommandKind.DropLog or QueueCommandKind.Convert when _step == Step.Over:
                break;
            default:
                queue.HandleAll([command]);
                break;
        }
    }

    // The queue has ended before it was taken over: everybody is told so by what is left of it.
    private void GiveUp()
    {
        _step = Step.Moving;
        queue.HandleAll([.. _moves, .. _waiting]);
        _moves.Clear();
        _waiting.Clear();
    }

    private void GoOn()
    {
        if (_step == Step.Waiting)
            MoveLines();
        if (_step == Step.Settling && !IsSomethingOnItsWay())
        {
            queue.Machine.CutOff.PutBackExpired();
            _departure = queue.Machine.Leave();
            _step = Step.Taking;
        }
        if (_step == Step.Taking)
            Take();
        if (_step == Step.Writing && !IsSomethingOnItsWay() && storage.IsDurable)
            HandOver();
        if (_step == Step.Writing)
            storage.AwaitDurable(pages: true);
    }

    private bool IsSomethingOnItsWay() => queue.Machine.Paging.IsFetching || queue.Machine.Gets.AreWaiting
        || queue.HasBurials || storage.HasVerdicts;

    private void Take()
    {
        bool hasAll = _departure!.TryTake(broker.NowMs);
        if (hasAll)
            _step = Step.Writing;
        // What was let go of is given back, and what is wanted is read.
        queue.HandleAll([]);
        if (!hasAll && !queue.Machine.Paging.IsFetching)
            storage.AwaitDurable(pages: true);
    }

    private void HandOver()
    {
        Departure departure = _departure!;
        var inheritance = new Inheritance(
            log.HandOver(), departure.LastPosition, departure.Released, MessagesOf(departure), departure.Returns);
        storage.LeaveTo(_member!);
        List<Consumer> consumers = [];
        List<HeldMessage> held = [];
        for (Consumer? consumer = queue.Machine.FirstConsumer; consumer is not null; consumer = consumer.Next)
        {
            if (consumer.Channel.Outbox is not VisitOutbox)
                consumers.Add(consumer);
        }
        foreach (HeldMessage message in departure.Held)
        {
            if (message.Consumer!.Channel is { } channel
                ? channel.Outbox is not VisitOutbox
                : !departure.IsOfOtherGets(message.Consumer))
                held.Add(message);
        }
        foreach (QueueVisit line in _lines)
            line.Post(OutboxItem.LineHandedOver(departure.Held));
        foreach (Consumer consumer in consumers)
        {
            consumer.UnwrittenMessages = Consumer.WindowMessages - consumer.WindowMessagesLeft;
            consumer.UnwrittenBytes = Consumer.WindowBytes - consumer.WindowBytesLeft;
        }
        queue.EndMachine();
        Replace(consumers, held);
        _member!.Post(QueueCommand.Inherit(inheritance));
        foreach (QueueCommand moved in _moves)
            HandleOwn(in moved);
        _moves.Clear();
    }

    private void Replace(List<Consumer> consumers, List<HeldMessage> held)
    {
        _step = Step.Over;
        ReplicatedHome front = Links.Front(queue);
        front.Post(QueueCommand.Adopt(new Adoption(consumers, held, null)));
        front.Post(CollectionsMarshal.AsSpan(_waiting));
        Volatile.Write(ref _front, front);
        Links.Replace(queue.Definition.Id.Value, front);
        _waiting.Clear();
        _lines.Clear();
        _departure = null;
    }

    private List<ReplicaMessage> MessagesOf(Departure departure)
    {
        long offsetMs = broker.Time.GetUtcNow().ToUnixTimeMilliseconds() - broker.NowMs;
        var messages = new List<ReplicaMessage>(departure.Messages.Count);
        Span<byte> meta = stackalloc byte[MessageMeta.MostBytes];
        foreach (QueuedMessage queued in departure.Messages)
        {
            long? expiresAt = queued.Expires ? queued.ExpiresAtMs + offsetMs : null;
            messages.Add(new ReplicaMessage
            {
                Index = queued.Position,
                ExpiresAt = expiresAt ?? long.MaxValue,
                Record = queued.Record,
                EnvelopeBytes = queued.Message.EnvelopeSizeBytes,
                PropertiesBytes = queued.Message.PropertiesSizeBytes,
                BodyBytes = queued.Message.BodySizeBytes,
                DeliveryCount = Math.Max(0, queued.DeliveryCount),
                MetaBytes = (ushort)MessageMeta.Write(meta, in queued, expiresAt),
                Priority = queued.Priority,
                IsPersistent = (queued.Flags & PublishFlags.Persistent) != 0,
                IsFresh = !queued.Redelivered,
            });
        }
        return messages;
    }
}
