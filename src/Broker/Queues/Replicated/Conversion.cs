using System.Runtime.InteropServices;
using Warren.Amqp;
using Warren.Broker.Channels;
using Warren.Broker.Connections;
using Warren.Broker.Operations;
using Warren.Broker.Queues.Remote;
using Warren.Storage;

namespace Warren.Broker.Queues.Replicated;

/// <summary>
/// How a queue that has served alone goes on as a replicated one, in its turn and without anybody's notice
/// (docs/decisions/0014-members-while-it-serves.md). It begins when no dead letter is on its way; from then on none
/// begins, and nothing is handed out. Lines of other nodes are moved first. Then clients' commands wait, until nothing
/// is on its way: no read, no verdict. Then every message becomes an entry of its own, and when all of that is durable
/// the node's member takes the group over and leads. What waited, and whatever is posted to the queue later, goes to
/// the node's stand-in.
/// </summary>
/// <param name="queue">Which.</param>
/// <param name="broker">The node's.</param>
/// <param name="log">The queue's.</param>
/// <param name="storage">The queue's.</param>
internal sealed class Conversion(Queue queue, MessageBroker broker, QueueLog log, QueueStorage storage)
{
    /// <summary>How often it looks whether it can go on, where nothing else tells.</summary>
    private const long LookMs = 20;

    /// <summary>
    /// So long the queue stands still for dead letters that are on their way; when they have not come by then, it
    /// serves on, for <see cref="RetryMs"/>.
    /// </summary>
    private const long CalmMs = 1000;

    private const long RetryMs = 10_000;

    private readonly List<QueueCommand> _waiting = [];
    private readonly List<QueueVisit> _lines = [];
    // By slot, what clients have rejected since it began, and given back: whoever takes over deals with it.
    private readonly Dictionary<int, (long Token, bool IsRejected)> _left = [];
    // Told while records were noted here: the old places stay until the member has taken note.
    private readonly List<QueueCommand> _moves = [];
    private Step _step;
    private Departure? _departure;
    private ReplicatedHome? _front;
    private ReplicatedQueue? _member;
    private long _waitingBytes;
    private long _calmUntilMs;
    private long _retryAtMs;
    private bool _isStopped;

    private enum Step
    {
        Waiting,
        Calming,
        Moving,
        Settling,
        Taking,
        Writing,
        Over,
    }

    /// <summary>Where commands go now; null: the queue handles them itself. Any thread.</summary>
    public ReplicatedHome? Front => Volatile.Read(ref _front);

    /// <summary>So much waits that who sends without credit must hold more back. Any thread.</summary>
    public bool IsFull => Volatile.Read(ref _waitingBytes) > LineOptions.FullBytes;

    /// <summary>The machine makes no dead letters for now.</summary>
    public bool HoldsDeadLetters => _step > Step.Waiting;

    private QueueLinks Links => broker.QueueLinks!;

    /// <summary>
    /// Of a queue that was taken over before this process began, and has not served in it: everything that is posted to
    /// it goes on.
    /// </summary>
    public static Conversion Over(Queue queue, MessageBroker broker, QueueLog log, QueueStorage storage)
    {
        var over = new Conversion(queue, broker, log, storage);
        over.BeginOver();
        return over;
    }

    // Else consumers go along, with nothing that they hold.
    private void BeginOver()
    {
        queue.Lines.Move(static () => { });
        List<Consumer> consumers = OwnConsumers();
        if (consumers.Count > 0 || !queue.IsBlank)
            queue.EndMachine();
        Replace(consumers, [], []);
    }

    /// <summary>One of the commands that concern it.</summary>
    public void Apply(in QueueCommand command)
    {
        switch (command.Kind)
        {
            case QueueCommandKind.Convert when _member is null && _step == Step.Waiting:
                _member = (ReplicatedQueue?)command.Target;
                if (_member is null)
                    BeginOver();
                else
                    queue.TickAt(broker.NowMs);
                break;
            case QueueCommandKind.LineMoved:
                // Its clients are told what they hold when that is known.
                _lines.Add((QueueVisit)command.Target!);
                break;
            case QueueCommandKind.LinesMoved when _step == Step.Moving:
                _step = Step.Settling;
                break;
        }
    }

    /// <summary>The queue's turn, from the beginning of this on.</summary>
    public void Handle(ReadOnlySpan<QueueCommand> batch)
    {
        int from = 0;
        for (int at = 0; at < batch.Length; at++)
        {
            _isStopped |= batch[at].Kind is QueueCommandKind.Rest or QueueCommandKind.SaveState;
            bool isOwn = _step >= Step.Settling && IsQueuesOwn(in batch[at]);
            if (!isOwn && !MayBury(in batch[at]))
                continue;
            Pass(batch[from..at]);
            if (isOwn)
                HandleOwn(in batch[at]);
            else
                _left[batch[at].Slot] = (batch[at].First, batch[at].Kind == QueueCommandKind.Reject);
            from = at + 1;
        }
        Pass(batch[from..]);
        if (_step == Step.Over)
            return;
        if (queue.Machine.IsClosed)
            GiveUp();
        else if (!_isStopped && _member is not null)
            GoOn();
    }

    // A client is done with a message, and its dead letter is not to be on its way while the queue is taken over.
    private bool MayBury(in QueueCommand command) => _step is Step.Moving or Step.Settling
        && queue.Settings.DeadLetterExchange is not null && command.Slot >= 0
        && (command.Kind == QueueCommandKind.Reject
            || (command.Kind is QueueCommandKind.Requeue or QueueCommandKind.Return
                && queue.Settings.DeliveryLimit is not null));

    private void Calm()
    {
        // A letter that waits for a queue that takes it is told of by whoever keeps it.
        if (_step == Step.Waiting && queue.KeepsLetters)
            _retryAtMs = broker.NowMs + CalmMs;
        if (_step == Step.Waiting && broker.NowMs < _retryAtMs)
        {
            queue.TickAt(_retryAtMs);
            return;
        }
        if (_step == Step.Waiting)
        {
            _step = Step.Calming;
            _calmUntilMs = broker.NowMs + CalmMs;
            queue.Machine.CutOff.HoldsDeadLetters = true;
            queue.Machine.BeginGroup();
        }
        if (!queue.HasBurials)
            MoveLines();
        else if (broker.NowMs < _calmUntilMs)
            queue.TickAt(Math.Min(_calmUntilMs, broker.NowMs + LookMs));
        else
        {
            _step = Step.Waiting;
            _retryAtMs = broker.NowMs + RetryMs;
            queue.Machine.CutOff.HoldsDeadLetters = false;
            queue.Machine.EndGroup(broker.NowMs);
            queue.HandleAll([]);
            broker.Log(
                LogLevel.Warning, LogCategory.Queue,
                $"Queue '{queue.Definition.Name}' in vhost '{queue.Definition.Vhost}' does not get members yet: its "
                + "dead letters do not arrive where they go to. It is tried again in a moment");
            queue.TickAt(_retryAtMs);
        }
    }

    private void MoveLines()
    {
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
        {
            long bytes = 0;
            foreach (ref readonly QueueCommand command in commands)
            {
                bytes += command.Kind == QueueCommandKind.Publish ? command.Message.SizeBytes : 0;
                // Whoever takes over begins with them; the machine that ends goes by those of before.
                if (command.Kind == QueueCommandKind.Configure)
                    queue.Settings = (QueueSettings)command.Target!;
                _waiting.Add(command);
            }
            Volatile.Write(ref _waitingBytes, _waitingBytes + bytes);
        }
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
            case QueueCommandKind.SaveState when _step > Step.Settling:
                // What is noted would take the place of a mark, and nothing is to be noted of a member.
                ((Action)command.Target!)();
                break;
            case QueueCommandKind.SaveState:
                queue.HandleAll([command]);
                break;
            case QueueCommandKind.Tick when _step > Step.Settling:
                queue.NoteTick();
                break;
            case QueueCommandKind.Compact or QueueCommandKind.Rest:
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
        Volatile.Write(ref _waitingBytes, 0);
    }

    private void GoOn()
    {
        if (_step is Step.Waiting or Step.Calming)
            Calm();
        if (_step == Step.Settling && !IsSomethingOnItsWay())
        {
            TakeGets();
            queue.Machine.CutOff.PutBackExpired();
            _departure = queue.Machine.Leave();
            _step = Step.Taking;
        }
        if (_step == Step.Taking)
            Take();
        if (_step == Step.Writing && !IsSomethingOnItsWay() && storage.IsDurable)
            HandOver();
        // Reads, syncs and arrivals wake the turn; a node log that is behind for the sake of others does not.
        if (_step is Step.Settling or Step.Taking or Step.Writing)
        {
            storage.AwaitDurable(pages: true);
            queue.TickAt(broker.NowMs + LookMs);
        }
    }

    private bool IsSomethingOnItsWay() =>
        queue.Machine.Paging.IsFetching || queue.HasBurials || storage.HasVerdicts;

    // They are asked again, in front of what came after them; those of other nodes by their stand-ins.
    private void TakeGets()
    {
        QueueCommand[] gets = [.. queue.Machine.Gets.TakeWaiting()
            .Where(static get => get.Request is not VisitRequest)
            .Select(static get => get.Request is QueueRequest request
                ? QueueCommand.Get(request, get.NoAck)
                : QueueCommand.Get((OperatorRequest)get.Request, get.NoAck))];
        _waiting.InsertRange(0, gets);
    }

    private void Take()
    {
        if (_departure!.TryTake(broker.NowMs))
            _step = Step.Writing;
        // What was let go of is given back, and what is wanted is read.
        queue.CarryOutAndRead();
    }

    private void HandOver()
    {
        Departure departure = _departure!;
        List<HeldMessage> taken = [.. departure.Held.Where(message => !IsLeft(in message, out _))];
        List<Consumer> consumers = OwnConsumers();
        // Before anybody else is told what the compaction does.
        _member!.Post(QueueCommand.Inherit(new Inheritance(
            log.HandOver(), departure.LastPosition, departure.Released, MessagesOf(departure), departure.Returns)
        {
            Settings = queue.Settings,
            Renamed = taken.Where(static message => message.Position != PositionOf(in message))
                .ToDictionary(static message => PositionOf(in message), static message => message.Position),
            Nodes = [.. _lines.Select(static line => line.Visitor)],
            Holder = HolderAmong(consumers),
        }));
        storage.LeaveTo(_member);
        List<HeldMessage> held = [];
        foreach (HeldMessage message in taken)
        {
            if (message.Consumer!.Channel is { } channel
                ? channel.Outbox is not VisitOutbox
                : !departure.IsOfOtherGets(message.Consumer))
                held.Add(message);
        }
        foreach (QueueVisit line in _lines)
            line.Post(OutboxItem.LineHandedOver(taken));
        foreach (Consumer consumer in consumers)
        {
            consumer.UnwrittenMessages = Consumer.WindowMessages - consumer.WindowMessagesLeft;
            consumer.UnwrittenBytes = Consumer.WindowBytes - consumer.WindowBytesLeft;
        }
        List<long> rejected = [.. departure.Held
            .Where(message => IsLeft(in message, out bool isRejected) && isRejected)
            .Select(static message => message.Position)];
        queue.EndMachine();
        Replace(consumers, held, rejected);
        foreach (QueueCommand moved in _moves)
            HandleOwn(in moved);
        _moves.Clear();
    }

    // Of this node's clients.
    private List<Consumer> OwnConsumers()
    {
        List<Consumer> consumers = [];
        for (Consumer? consumer = queue.Machine.FirstConsumer; consumer is not null; consumer = consumer.Next)
        {
            if (consumer.Channel.Outbox is not VisitOutbox)
                consumers.Add(consumer);
        }
        return consumers;
    }

    // Clients of this node get the numbers of a line in this order; those of others keep theirs.
    private LoggedHolder HolderAmong(List<Consumer> own)
    {
        if (queue.Machine.Holder is not { } holder)
            return default;
        int place = own.IndexOf(holder);
        return place < 0 ? LoggedHolder.Of(holder) : new LoggedHolder(Links.Self, place + 1);
    }

    private bool IsLeft(in HeldMessage message, out bool isRejected)
    {
        bool isThere = _left.TryGetValue(message.Slot, out (long Token, bool IsRejected) left);
        isRejected = left.IsRejected;
        return isThere && left.Token == message.Token;
    }

    private static long PositionOf(in HeldMessage message) => message.Token & QueuedMessage.PositionMask;

    private void Replace(List<Consumer> consumers, List<HeldMessage> held, List<long> rejected)
    {
        _step = Step.Over;
        ReplicatedHome front = Links.Front(queue);
        front.Post(QueueCommand.Adopt(new Adoption(consumers, held, null) { Rejected = rejected }));
        front.Post(CollectionsMarshal.AsSpan(_waiting));
        Volatile.Write(ref _front, front);
        Links.Replace(queue.Definition.Id.Value, front);
        _waiting.Clear();
        Volatile.Write(ref _waitingBytes, 0);
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
