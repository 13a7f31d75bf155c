using System.Collections.Immutable;
using Warren.Amqp;
using Warren.Broker.Arguments;
using Warren.Broker.Channels;
using Warren.Broker.Connections;
using Warren.Broker.Messages;
using Warren.Broker.Operations;
using Warren.Broker.Queues.Replicated;
using Warren.Broker.Security;
using Warren.Cluster;

namespace Warren.Broker.Queues.Remote;

/// <summary>
/// What stands on a node for a queue that is served elsewhere: takes the same commands, carries them there by a line,
/// and carries out what comes back. Here is what all stand-ins have in common; who is at the other end, and what the
/// end of a line means, each kind knows itself. Everything is its turn's, but for what others may read.
/// </summary>
internal abstract class StandIn : QueueHome, ILine
{
    private QueueCounts _counts = QueueCounts.None;
    // Publishes of this turn that nobody could take.
    private int _refused;
    private bool _isFull;
    private bool _isGivenUp;
    private bool _isUp;
    private bool _wantsTick;

    private protected StandIn(MessageBroker broker, QueueLinks links, LinePeer? peer, QueueSettings settings)
        : base(broker.Turns, settings)
    {
        Broker = broker;
        Links = links;
        Lanes = new StandInLanes(peer);
    }

    /// <inheritdoc/>
    public override int ReadyCount => Known?.ReadyCount ?? Counts.Ready;

    /// <inheritdoc/>
    public override int UnackedCount => Known?.UnackedCount ?? Counts.Unacked;

    /// <inheritdoc/>
    public override long ReadyBytes => Known?.ReadyBytes ?? Counts.ReadyBytes;

    /// <inheritdoc/>
    public override long UnackedBytes => Known?.UnackedBytes ?? Counts.UnackedBytes;

    /// <inheritdoc/>
    public override long ResidentBytes => Known?.ResidentBytes ?? Counts.ResidentBytes;

    /// <inheritdoc/>
    public override int ConsumerCount => Known?.ConsumerCount ?? Counts.Consumers;

    /// <inheritdoc/>
    public override ConsumerStatus? Holder => Known is { } known ? known.Holder : Counts.Holder;

    /// <inheritdoc/>
    internal override ImmutableArray<NodeId> InStep => Known is { } known ? known.InStep : Counts.InStep;

    /// <inheritdoc/>
    internal override ImmutableArray<NodeId> InStepSince(long sinceMs)
    {
        if (Known is { } known)
            return known.InStepSince(sinceMs);
        QueueCounts counts = Counts;
        return counts.ToldAtMs >= sinceMs ? counts.InStep : [];
    }

    /// <inheritdoc/>
    internal override bool IsRemote => true;

    /// <inheritdoc/>
    internal override AmqpException? Unavailable => Front is { } front
        ? front.Unavailable
        : IsGivenUp ? HomeIsDown() : null;

    /// <inheritdoc/>
    internal override bool IsFull => Front?.IsFull ?? Volatile.Read(ref _isFull);

    /// <summary>As the node that serves it last told; written by the links.</summary>
    public QueueCounts Counts
    {
        get => Volatile.Read(ref _counts);
        set => Volatile.Write(ref _counts, value);
    }

    /// <inheritdoc/>
    public void Signal(LineSignal signal, long process) => Post(QueueCommand.PeerSignal(signal, process));

    /// <summary>The queue is in the topology: it follows the node that serves it from now on.</summary>
    public abstract void Attach();

    /// <summary>Whether this node serves the queue, as far as is known here.</summary>
    public abstract bool IsServedBy(LinePeer peer);

    /// <summary>Deliveries of the line of today bear this.</summary>
    internal byte Epoch => Epochs.Current;

    /// <summary>There is a line, whether its link is up or not.</summary>
    internal bool HasLine => Lanes.Line != 0;

    /// <summary>Something is to go to the queue: there is a line from now on, if there can be one.</summary>
    internal abstract void NeedLine();

    /// <summary>What a client is told who wants something that only the other end could do.</summary>
    internal abstract AmqpException HomeIsDown();

    /// <summary>Answers a request here.</summary>
    internal void Answer(object request, AnswerKind answer, QueueScratch scratch)
    {
        if (answer == AnswerKind.Unavailable && request is QueueRequest ofChannel)
        {
            ofChannel.Refuse(HomeIsDown());
            scratch.Answered.Add(ofChannel);
            return;
        }
        var effect = new QueueEffect { Kind = QueueEffectKind.Answer, Subject = request, Answer = answer };
        QueueReplies.Reply(effect, this, scratch);
    }

    /// <summary>
    /// Tells a publisher that the message is nowhere. A queue that is gone counts as one that the message was not
    /// routed to, as on its home. Who hears no verdicts loses his channel, but not for a queue that was deleted.
    /// </summary>
    internal void Refuse(in PublishTicket ticket, LineEnd why, QueueScratch scratch)
    {
        if (ticket.Group is not null || ticket.Sequence > 0)
        {
            // But for who keeps it until a queue has it; and the exchange of delayed messages may be there.
            bool isKept = ticket.Group is PublishGroup { IsKept: true } || Definition.IsDelayStore;
            QueueReplies.Verdict(ticket, accepted: why == LineEnd.Gone && !isKept, scratch);
        }
        if (why is LineEnd.Away or LineEnd.Lost)
            _refused++;
        bool isHeardOf = ticket.Sequence > 0 || ticket.Group is PublishGroup { IsAnsweredByNumber: false };
        if (!isHeardOf && why is LineEnd.Away or LineEnd.Lost && ticket.Publisher is DeliveryChannel publisher)
            scratch.Events.Add(new ChannelEvent(publisher, ConnectionEventKind.Failed, HomeIsDown()));
    }

    protected MessageBroker Broker { get; }

    protected QueueLinks Links { get; }

    protected StandInLanes Lanes { get; }

    protected RemoteEpochs Epochs { get; } = new();

    protected abstract RemoteClients Clients { get; }

    protected abstract StandInPublishes Publishes { get; }

    /// <summary>The queue in this process, whose counts are as they are and not as they were told; null: elsewhere.
    /// </summary>
    private protected virtual QueueHome? Known => Front;

    /// <summary>There is a link with the node at the other end.</summary>
    protected bool IsUp
    {
        get => Volatile.Read(ref _isUp);
        set => Volatile.Write(ref _isUp, value);
    }

    /// <summary>The other end has not been there for longer than is waited for.</summary>
    protected bool IsGivenUp
    {
        get => Volatile.Read(ref _isGivenUp);
        set => Volatile.Write(ref _isGivenUp, value);
    }

    /// <summary>The queue is in the topology no more.</summary>
    protected bool IsGone { get; private set; }

    protected sealed override void Handle(ReadOnlySpan<QueueCommand> batch)
    {
        QueueScratch scratch = QueueScratch.ForThisThread;
        foreach (ref readonly QueueCommand command in batch)
        {
            if (!Keeps(in command))
                Apply(command, scratch);
        }
        EndTurn();
        if (_refused > 0)
            QueueReports.Refused(Broker, Definition, _refused);
        _refused = 0;
        scratch.Flush();
    }

    /// <summary>A command waits, or has gone on to somebody else.</summary>
    protected virtual bool Keeps(in QueueCommand command) => false;

    /// <summary>What clients of this node have in a queue that is replicated from now on.</summary>
    protected virtual void OnAdopt(Adoption adoption) =>
        throw new InvalidOperationException("Only a replicated queue's stand-in takes clients over.");

    /// <summary>Takes over the message's reference. When the other end is given up its source keeps it.</summary>
    protected abstract void OnPublish(in OwedPublish owed, Message message);

    /// <summary>Of something that has a slot, on this line or on one before.</summary>
    protected abstract void OnSettlement(LineItemKind kind, in QueueCommand command);

    /// <summary>What happens beside the line's frames, but for the time.</summary>
    protected abstract void OnSignal(LineSignal signal, long process, QueueScratch scratch);

    /// <summary>Time has gone on, as was wanted.</summary>
    protected abstract void OnTick(QueueScratch scratch);

    /// <summary>Whether a frame is of the line.</summary>
    protected abstract bool Takes(ushort kind, long line, LinePeer? from);

    protected virtual void ReadVerdicts(ReadOnlySpan<byte> bytes, QueueScratch scratch) =>
        Publishes.ReadVerdicts(bytes, scratch);

    /// <summary>A receipt, or the other end's word that the line is over.</summary>
    protected abstract void TakeWord(ushort kind, ref LineReader reader, QueueScratch scratch);

    /// <summary>The other end has sent what no sound node does.</summary>
    protected abstract void OnNonsense(FormatException error, QueueScratch scratch);

    /// <summary>Everybody is told that the queue is gone.</summary>
    protected abstract void OnGone(QueueScratch scratch);

    /// <summary>Frames and receipts go out, and those whose frames are out may post more.</summary>
    protected abstract void EndTurn();

    protected string Describe() => ResourceName.Describe(ResourceKind.Queue, Definition.Name, Definition.Vhost);

    /// <summary>The end of a turn: so much waits to go out.</summary>
    protected void SetFull(bool isFull) => Volatile.Write(ref _isFull, isFull);

    protected void WantTick()
    {
        if (_wantsTick)
            return;
        _wantsTick = true;
        Links.WantTick(this);
    }

    private void Apply(in QueueCommand command, QueueScratch scratch)
    {
        switch (command.Kind)
        {
            case QueueCommandKind.Publish:
                Publish(
                    new OwedPublish
                    {
                        Ticket = new PublishTicket(command.Target, (ulong)command.Second, command.Group),
                        TtlMs = command.First,
                        Priority = command.Priority,
                        Persistent = command.Flag,
                    },
                    command.Message, scratch);
                break;
            case >= QueueCommandKind.Settle and <= QueueCommandKind.Return:
                if (!IsGone && command.Slot >= 0)
                    OnSettlement(KindOf(command), command);
                break;
            case QueueCommandKind.Credit:
                Publishes.Add((PublishCredit)command.Target!, (int)command.Second);
                break;
            case QueueCommandKind.Written:
                Clients.Written((Consumer)command.Target!, (int)command.First, command.Second);
                break;
            case QueueCommandKind.PeerFrame:
                OnFrame((ushort)command.Slot, command.Message, (LinePeer?)command.Target, scratch);
                break;
            case QueueCommandKind.PeerSignal:
                Take((LineSignal)command.Slot, command.First, scratch);
                break;
            case QueueCommandKind.AddConsumer:
                if (IsReady(command.Group, scratch))
                    Clients.Add((Consumer)command.Target!, command.Group);
                break;
            case QueueCommandKind.CancelConsumer:
                if (!Clients.Cancel((Consumer)command.Target!, command.Group) && command.Group is not null)
                    Answer(command.Group, AnswerKind.Ok, scratch);
                break;
            case QueueCommandKind.Together:
                if (HasLine)
                    LineWriting.Together(Lanes.Settlements, command.First, command.Flag);
                break;
            case QueueCommandKind.Resume:
                Clients.Resume((Consumer)command.Target!);
                break;
            case QueueCommandKind.Configure:
                Settings = (QueueSettings)command.Target!;
                break;
            case QueueCommandKind.Adopt:
                OnAdopt((Adoption)command.Target!);
                break;
            case QueueCommandKind.Close when command.Target is null:
                IsGone = true;
                OnGone(scratch);
                break;
            default:
                OnRequest(command, scratch);
                break;
        }
    }

    private static LineItemKind KindOf(in QueueCommand command) => command.Kind switch
    {
        QueueCommandKind.Settle => LineItemKind.Acknowledge,
        QueueCommandKind.Reject => LineItemKind.Reject,
        QueueCommandKind.Requeue => LineItemKind.Requeue,
        _ => command.Flag ? LineItemKind.Return : LineItemKind.Undelivered,
    };

    private void Publish(in OwedPublish owed, Message message, QueueScratch scratch)
    {
        if (!IsGone && (!IsGivenUp || OwedPublish.WaitsForArrival(owed.Ticket)))
        {
            OnPublish(owed, message);
            return;
        }
        message.Slab.Release(1);
        Refuse(owed.Ticket, IsGone ? LineEnd.Gone : LineEnd.Away, scratch);
    }

    private void Take(LineSignal signal, long process, QueueScratch scratch)
    {
        if (signal != LineSignal.Tick)
        {
            OnSignal(signal, process, scratch);
            return;
        }
        _wantsTick = false;
        Lanes.OweReceipt();
        OnTick(scratch);
    }

    private void OnRequest(in QueueCommand command, QueueScratch scratch)
    {
        switch (command.Kind)
        {
            case QueueCommandKind.Get:
                Ask(LineItemKind.Get, command.Target!, command.Flag ? 1 : 0, scratch);
                break;
            case QueueCommandKind.Purge:
                Ask(LineItemKind.Purge, command.Target!, 0, scratch);
                break;
            case QueueCommandKind.Status:
                Ask(LineItemKind.Status, command.Target!, command.Flag ? 1 : 0, scratch);
                break;
            case QueueCommandKind.Close:
                int flags = (command.Priority != 0 ? 1 : 0) | (command.Flag ? 2 : 0);
                Ask(LineItemKind.Close, command.Target!, flags, scratch);
                break;
            case QueueCommandKind.Sync:
                Sync(new PublishTicket(command.Target, (ulong)command.Second, command.Group), scratch);
                break;
            case QueueCommandKind.ListConsumers:
                // Asked of a queue that has been served here since.
                QueueReports.NoConsumers(command.Target!);
                break;
        }
    }

    // Wants a verdict when all before is durable.
    private void Sync(in PublishTicket ticket, QueueScratch scratch)
    {
        if (IsGone || IsGivenUp)
        {
            QueueReplies.Verdict(ticket, accepted: IsGone, scratch);
            return;
        }
        NeedLine();
        Publishes.Await(ticket);
    }

    private void Ask(LineItemKind kind, object request, int flags, QueueScratch scratch)
    {
        if (!IsReady(request, scratch))
            return;
        long number = Clients.Ask(new AskedRequest(request, kind, (byte)flags));
        if (HasLine)
            LineWriting.Request(Lanes.Posts, kind, number, Lanes.Settlements.LastNumber, (byte)flags);
    }

    // False: who asks has been told that he cannot have it.
    private bool IsReady(object? request, QueueScratch scratch)
    {
        if (IsGone || IsGivenUp)
        {
            if (request is not null)
                Answer(request, IsGone ? AnswerKind.Closed : AnswerKind.Unavailable, scratch);
            return false;
        }
        NeedLine();
        return true;
    }

    private void OnFrame(ushort kind, Message frame, LinePeer? from, QueueScratch scratch)
    {
        try
        {
            if (Takes(kind, LineFrame.LineOf(frame.Body), from))
                Take(kind, frame, scratch);
        }
        catch (FormatException error)
        {
            OnNonsense(error, scratch);
        }
        finally
        {
            scratch.FlushReferences();
            frame.Slab.Release(1);
        }
    }

    private void Take(ushort kind, Message frame, QueueScratch scratch)
    {
        ReadOnlySpan<byte> bytes = frame.Body;
        switch (kind)
        {
            case LineFrame.Deliveries:
                if (Lanes.Deliveries.Takes(LineFrame.NumberOf(bytes), bytes.Length))
                    Clients.Read(frame, Lanes.Deliveries, scratch);
                break;
            case LineFrame.Verdicts:
                if (Lanes.Verdicts.Takes(LineFrame.NumberOf(bytes), bytes.Length))
                    ReadVerdicts(bytes, scratch);
                break;
            default:
                var reader = new LineReader(bytes, LineFrame.AddressBytes);
                TakeWord(kind, ref reader, scratch);
                break;
        }
    }
}
