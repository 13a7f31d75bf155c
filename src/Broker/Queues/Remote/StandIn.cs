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
    private bool _isFull;
    private bool _wantsTick;

    private protected StandIn(MessageBroker broker, QueueLinks links, LinePeer? peer, QueueSettings settings)
        : base(broker.Turns, settings)
    {
        Broker = broker;
        Links = links;
        Lanes = new StandInLanes(peer);
    }

    /// <inheritdoc/>
    public override int ReadyCount => Front?.ReadyCount ?? Counts.Ready;

    /// <inheritdoc/>
    public override int UnackedCount => Front?.UnackedCount ?? Counts.Unacked;

    /// <inheritdoc/>
    public override long ReadyBytes => Front?.ReadyBytes ?? Counts.ReadyBytes;

    /// <inheritdoc/>
    public override long UnackedBytes => Front?.UnackedBytes ?? Counts.UnackedBytes;

    /// <inheritdoc/>
    public override long ResidentBytes => Front?.ResidentBytes ?? Counts.ResidentBytes;

    /// <inheritdoc/>
    public override int ConsumerCount => Front?.ConsumerCount ?? Counts.Consumers;

    /// <inheritdoc/>
    public override ConsumerStatus? Holder => Front is { } front ? front.Holder : Counts.Holder;

    /// <inheritdoc/>
    internal override ImmutableArray<NodeId> InStep => Counts.InStep;

    /// <inheritdoc/>
    internal override bool IsRemote => true;

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
    internal abstract byte Epoch { get; }

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
            QueueReplies.Verdict(ticket, accepted: why == LineEnd.Gone, scratch);
        bool isHeardOf = ticket.Sequence > 0 || ticket.Group is PublishGroup { IsAnsweredByNumber: false };
        if (!isHeardOf && why is LineEnd.Away or LineEnd.Lost && ticket.Publisher is DeliveryChannel publisher)
            scratch.Events.Add(new ChannelEvent(publisher, ConnectionEventKind.Failed, HomeIsDown()));
    }

    protected MessageBroker Broker { get; }

    protected QueueLinks Links { get; }

    protected StandInLanes Lanes { get; }

    protected abstract RemoteClients Clients { get; }

    /// <summary>What everybody is answered who wants something now; null: it can be asked for.</summary>
    protected abstract AnswerKind? Refusal { get; }

    protected sealed override void Handle(ReadOnlySpan<QueueCommand> batch)
    {
        QueueScratch scratch = QueueScratch.ForThisThread;
        foreach (ref readonly QueueCommand command in batch)
        {
            if (!Keeps(in command))
                Apply(command, scratch);
        }
        EndTurn();
        scratch.Flush();
    }

    /// <summary>A command waits, or has gone on to somebody else.</summary>
    protected virtual bool Keeps(in QueueCommand command) => false;

    /// <summary>What clients of this node have in a queue that is replicated from now on.</summary>
    protected virtual void OnAdopt(Adoption adoption) =>
        throw new InvalidOperationException("Only a replicated queue's stand-in takes clients over.");

    protected abstract void OnPublish(in OwedPublish owed, Message message, QueueScratch scratch);

    protected abstract void OnCredit(PublishCredit credit, int sizeBytes);

    protected abstract void OnSettlement(in QueueCommand command);

    /// <summary>Wants a verdict when all before is durable.</summary>
    protected abstract void OnSync(in PublishTicket ticket, QueueScratch scratch);

    protected abstract void OnSignal(LineSignal signal, long process, QueueScratch scratch);

    /// <summary>Whether a frame is of the line.</summary>
    protected abstract bool Takes(ushort kind, long line, LinePeer? from);

    protected abstract void ReadVerdicts(ReadOnlySpan<byte> bytes, QueueScratch scratch);

    /// <summary>A receipt, or the other end's word that the line is over.</summary>
    protected abstract void TakeWord(ushort kind, ref LineReader reader, QueueScratch scratch);

    /// <summary>The other end has sent what no sound node does.</summary>
    protected abstract void OnNonsense(FormatException error, QueueScratch scratch);

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
                OnPublish(
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
                OnSettlement(command);
                break;
            case QueueCommandKind.Credit:
                OnCredit((PublishCredit)command.Target!, (int)command.Second);
                break;
            case QueueCommandKind.Written:
                Clients.Written((Consumer)command.Target!, (int)command.First, command.Second);
                break;
            case QueueCommandKind.PeerFrame:
                OnFrame((ushort)command.Slot, command.Message, (LinePeer?)command.Target, scratch);
                break;
            case QueueCommandKind.PeerSignal:
                _wantsTick &= (LineSignal)command.Slot != LineSignal.Tick;
                OnSignal((LineSignal)command.Slot, command.First, scratch);
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
                OnGone(scratch);
                break;
            default:
                OnRequest(command, scratch);
                break;
        }
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
                OnSync(new PublishTicket(command.Target, (ulong)command.Second, command.Group), scratch);
                break;
            case QueueCommandKind.ListConsumers:
                // Asked of a queue that has been served here since.
                QueueReports.NoConsumers(command.Target!);
                break;
        }
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
        if (Refusal is { } refusal)
        {
            if (request is not null)
                Answer(request, refusal, scratch);
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
