using System.Collections.Immutable;
using Warren.Broker.Channels;
using Warren.Broker.Connections;
using Warren.Broker.Messages;
using Warren.Broker.Operations;
using Warren.Broker.Queues.Remote;
using Warren.Broker.Queues.Replicated;
using Warren.Cluster;
using Warren.Cluster.Groups;
using Warren.Storage;

namespace Warren.Broker.Queues;

/// <summary>
/// One command to a queue, 64 bytes, a union of the shapes that the factories below draw. Only the factories write it,
/// only <see cref="Queue"/> reads it.
/// </summary>
public readonly struct QueueCommand
{
    private QueueCommand(
        QueueCommandKind kind, byte priority, bool flag, int slot, Message message, long first,
        long second, object? target, object? group)
    {
        Kind = kind;
        Priority = priority;
        Flag = flag;
        Slot = slot;
        Message = message;
        First = first;
        Second = second;
        Target = target;
        Group = group;
    }

    public QueueCommandKind Kind { get; }

    /// <summary>Publish: the message's. Settlements: see <see cref="Connections.OutboxItem.Epoch"/>.</summary>
    public byte Priority { get; }

    public bool Flag { get; }

    public int Slot { get; }

    public Message Message { get; }

    /// <summary>Publish: time to live in ms, -1 none. Settlements: the position. Written, Credit: messages.</summary>
    public long First { get; }

    /// <summary>Publish: the confirm's sequence number. Written, Credit: bytes.</summary>
    public long Second { get; }

    /// <summary>Publish: who is told of the confirm. Consumer commands: the consumer. Requests: the request.</summary>
    public object? Target { get; }

    public object? Group { get; }

    public static QueueCommand Publish(
        Message message, byte priority, bool persistent, long ttlMs,
        DeliveryChannel? publisher, ulong sequence, PublishGroup? group) =>
        new(QueueCommandKind.Publish, priority, persistent, 0, message, ttlMs, (long)sequence, publisher, group);

    /// <summary>Settlements: <paramref name="epoch"/> is that of the delivery.</summary>
    public static QueueCommand Settle(int slot, long position, byte epoch = 0) =>
        new(QueueCommandKind.Settle, epoch, false, slot, default, position, 0, null, null);

    /// <summary>The client rejects: dead-lettered or dropped.</summary>
    public static QueueCommand Reject(int slot, long position, byte epoch = 0) =>
        new(QueueCommandKind.Reject, epoch, false, slot, default, position, 0, null, null);

    /// <summary>The client wants it back in the queue; counts as a delivery.</summary>
    public static QueueCommand Requeue(int slot, long position, byte epoch = 0) =>
        new(QueueCommandKind.Requeue, epoch, true, slot, default, position, 0, null, null);

    /// <summary>Its channel is gone.</summary>
    public static QueueCommand Return(int slot, long position, bool countsDelivery, byte epoch = 0) =>
        new(QueueCommandKind.Return, epoch, countsDelivery, slot, default, position, 0, null, null);

    public static QueueCommand AddConsumer(Consumer consumer, object? request) =>
        new(QueueCommandKind.AddConsumer, 0, false, 0, default, 0, 0, consumer, request);

    public static QueueCommand CancelConsumer(Consumer consumer, object? request) =>
        new(QueueCommandKind.CancelConsumer, 0, false, 0, default, 0, 0, consumer, request);

    public static QueueCommand Resume(Consumer consumer) =>
        new(QueueCommandKind.Resume, 0, false, 0, default, 0, 0, consumer, null);

    public static QueueCommand Written(Consumer consumer, int messages, int sizeBytes) =>
        new(QueueCommandKind.Written, 0, false, 0, default, messages, sizeBytes, consumer, null);

    public static QueueCommand Get(QueueRequest request, bool noAck) =>
        new(QueueCommandKind.Get, 0, noAck, 0, default, 0, 0, request, null);

    /// <summary>An operator's get.</summary>
    internal static QueueCommand Get(OperatorRequest request, bool noAck) =>
        new(QueueCommandKind.Get, 0, noAck, 0, default, 0, 0, request, null);

    /// <summary>An operator's purge.</summary>
    internal static QueueCommand Purge(OperatorRequest request) =>
        new(QueueCommandKind.Purge, 0, false, 0, default, 0, 0, request, null);

    /// <summary>An operator's look at its counts.</summary>
    internal static QueueCommand Status(OperatorRequest request, bool touches) =>
        new(QueueCommandKind.Status, 0, touches, 0, default, 0, 0, request, null);

    /// <summary>An operator's deletion.</summary>
    internal static QueueCommand Close(OperatorRequest request, bool ifUnused, bool ifEmpty) =>
        new(QueueCommandKind.Close, (byte)(ifUnused ? 1 : 0), ifEmpty, 0, default, 0, 0, request, null);

    public static QueueCommand Purge(QueueRequest request) =>
        new(QueueCommandKind.Purge, 0, false, 0, default, 0, 0, request, null);

    /// <summary><paramref name="touches"/>: the queue counts as used (a redeclaration, not a passive look).</summary>
    public static QueueCommand Status(QueueRequest request, bool touches) =>
        new(QueueCommandKind.Status, 0, touches, 0, default, 0, 0, request, null);

    public static QueueCommand Close(QueueRequest? request, bool ifUnused, bool ifEmpty) =>
        new(QueueCommandKind.Close, (byte)(ifUnused ? 1 : 0), ifEmpty, 0, default, 0, 0, request, null);

    public static QueueCommand Configure(QueueSettings settings) =>
        new(QueueCommandKind.Configure, 0, false, 0, default, 0, 0, settings, null);

    /// <summary>Answered with who consumes.</summary>
    internal static QueueCommand ListConsumers(TaskCompletionSource<ImmutableArray<ConsumerStatus>> listed) =>
        new(QueueCommandKind.ListConsumers, 0, false, 0, default, 0, 0, listed, null);

    public static QueueCommand Tick() => new(QueueCommandKind.Tick, 0, false, 0, default, 0, 0, null, null);

    public static QueueCommand Compact() => new(QueueCommandKind.Compact, 0, false, 0, default, 0, 0, null, null);

    /// <summary>Something that this turn waits for is durable.</summary>
    public static QueueCommand Durable() => new(QueueCommandKind.Durable, 0, false, 0, default, 0, 0, null, null);

    /// <summary>The same, answered like a publish of this number.</summary>
    internal static QueueCommand Sync(DeliveryChannel publisher, ulong sequence) =>
        new(QueueCommandKind.Sync, 0, false, 0, default, 0, (long)sequence, publisher, null);

    /// <summary>
    /// Clients of another node are cut off: what they held by consumers of this outbox comes back, uncounted.
    /// </summary>
    internal static QueueCommand ReturnAll(Outbox outbox) =>
        new(QueueCommandKind.ReturnAll, 0, false, 0, default, 0, 0, outbox, null);

    /// <summary>
    /// A client acknowledges what was taken back from it: messages that are still there go all the same.
    /// </summary>
    internal static QueueCommand SettleLate(long[] positions) =>
        new(QueueCommandKind.SettleLate, 0, false, 0, default, 0, 0, positions, null);

    /// <summary>
    /// Between these two nothing is delivered: commands of one cause, so that what returns is in order before anybody
    /// gets it. <paramref name="cause"/>: the same for both, and no other's meanwhile.
    /// </summary>
    internal static QueueCommand Together(long cause, bool begins) =>
        new(QueueCommandKind.Together, 0, begins, 0, default, cause, 0, null, null);

    /// <summary>A frame of this kind has come from another node; for a stand-in alone.</summary>
    internal static QueueCommand PeerFrame(ushort kind, Message frame, LinePeer from) =>
        new(QueueCommandKind.PeerFrame, 0, false, kind, frame, 0, 0, from, null);

    /// <summary>
    /// What a client of some node holds; for the leader of a replicated queue alone, as the next ones are.
    /// </summary>
    internal static QueueCommand Claim(HeldClaim claim) =>
        new(QueueCommandKind.Claim, 0, false, 0, default, 0, 0, claim, null);

    /// <summary>A node has said all that its clients hold.</summary>
    internal static QueueCommand ClaimsComplete(NodeId node) =>
        new(QueueCommandKind.ClaimsComplete, 0, false, 0, default, 0, 0, node, null);

    /// <summary>
    /// An acknowledgement of what a client of <paramref name="visit"/> was delivered by some leader before, or on
    /// another line. It counts whoever holds the message now; the next ones only if that client still does.
    /// </summary>
    /// <summary>The same of a message at another position.</summary>
    internal QueueCommand At(long position) =>
        new(Kind, Priority, Flag, Slot, Message, position, Second, Target, Group);

    internal static QueueCommand SettleAt(long position, Outbox visit) =>
        new(QueueCommandKind.SettleAt, 0, false, 0, default, position, 0, visit, null);

    /// <inheritdoc cref="SettleAt"/>
    internal static QueueCommand RejectAt(long position, Outbox visit) =>
        new(QueueCommandKind.RejectAt, 0, false, 0, default, position, 0, visit, null);

    /// <inheritdoc cref="SettleAt"/>
    internal static QueueCommand RequeueAt(long position, Outbox visit) =>
        new(QueueCommandKind.RequeueAt, 0, true, 0, default, position, 0, visit, null);

    /// <inheritdoc cref="SettleAt"/>
    internal static QueueCommand ReturnAt(long position, bool countsDelivery, Outbox visit) =>
        new(QueueCommandKind.ReturnAt, 0, countsDelivery, 0, default, position, 0, visit, null);

    /// <summary>The link with the home node has changed, or its time has gone on; for a stand-in alone.</summary>
    internal static QueueCommand PeerSignal(LineSignal signal, long process) =>
        new(QueueCommandKind.PeerSignal, 0, false, (int)signal, default, process, 0, null, null);

    /// <summary>Answered when everything that was settled before is durable.</summary>
    public static QueueCommand Sync(PublishGroup group) =>
        new(QueueCommandKind.Sync, 0, false, 0, default, 0, 0, null, group);

    /// <summary>A dead letter's targets have it: its entry at this position is released.</summary>
    /// <param name="position">Which.</param>
    /// <param name="log">The log that had it then: another one knows nothing of it.</param>
    public static QueueCommand Buried(long position, QueueLog log) =>
        new(QueueCommandKind.Buried, 0, false, 0, default, position, 0, log, null);

    /// <summary>
    /// All is applied here that was committed when dead letters had nowhere to go; or that cannot be known.
    /// </summary>
    internal static QueueCommand LookAgain(DeadLettering asker, bool isReached) =>
        new(QueueCommandKind.LookAgain, 0, isReached, 0, default, 0, 0, asker, null);

    /// <summary>A target has taken a dead letter that is kept until then, or refused it.</summary>
    internal static QueueCommand LetterAnswered(KeptLetter letter, long target, bool isTaken) =>
        new(QueueCommandKind.LookAgain, 0, isTaken, 0, default, target, 0, letter, null);

    /// <summary>What was to be read from the node log has been read.</summary>
    public static QueueCommand Fetched() => new(QueueCommandKind.Fetched, 0, false, 0, default, 0, 0, null, null);

    /// <summary>Records were copied; <paramref name="isPaged"/>: of what was written to spare memory.</summary>
    public static QueueCommand Moved(MovedEntries moves, bool isPaged) =>
        new(QueueCommandKind.Moved, 0, isPaged, 0, default, 0, 0, moves, null);

    /// <summary>The definition is gone: so is all that the queue has in the log.</summary>
    public static QueueCommand DropLog() => new(QueueCommandKind.DropLog, 0, false, 0, default, 0, 0, null, null);

    /// <summary>The node stops: notes what the next start must know. <paramref name="done"/> is called.</summary>
    public static QueueCommand SaveState(Action done) =>
        new(QueueCommandKind.SaveState, 0, false, 0, default, 0, 0, done, null);

    /// <summary>The node stops: nothing is delivered any more.</summary>
    public static QueueCommand Rest() => new(QueueCommandKind.Rest, 0, false, 0, default, 0, 0, null, null);

    /// <summary>Calls <paramref name="happened"/> in the turn of what keeps delayed messages, if it leads.</summary>
    internal static QueueCommand OfDelays(Action happened) =>
        new(QueueCommandKind.OfDelays, 0, false, 0, default, 0, 0, happened, null);

    public static QueueCommand Credit(PublishCredit credit, int sizeBytes) =>
        new(QueueCommandKind.Credit, 0, false, 0, default, 0, sizeBytes, credit, null);

    /// <summary>Consensus has sent something.</summary>
    internal static QueueCommand GroupMessage(GroupLetter letter) =>
        new(QueueCommandKind.GroupMessage, 0, false, 0, default, 0, 0, letter, null);

    internal static QueueCommand GroupWake() =>
        new(QueueCommandKind.GroupWake, 0, false, 0, default, 0, 0, null, null);

    internal static QueueCommand GroupRead(PayloadRead read) =>
        new(QueueCommandKind.GroupRead, 0, false, 0, default, 0, 0, read, null);

    internal static QueueCommand Campaign() => new(QueueCommandKind.Campaign, 0, false, 0, default, 0, 0, null, null);

    /// <summary>The definition of a queue that is to have other members.</summary>
    internal static QueueCommand Members(QueueDefinition queue) =>
        new(QueueCommandKind.Members, 0, false, 0, default, 0, 0, queue, null);

    internal static QueueCommand Standing(ReplicaStanding standing) =>
        new(QueueCommandKind.Standing, 0, false, 0, default, 0, 0, standing, null);

    internal static QueueCommand Time(TimeNews news) =>
        new(QueueCommandKind.Time, 0, false, 0, default, 0, 0, news, null);

    /// <summary>
    /// Calls <paramref name="ask"/> in the member's turn, with nothing if this node has no member, or none any more.
    /// </summary>
    internal static QueueCommand Ask(Action<RaftGroup?> ask) =>
        new(QueueCommandKind.Ask, 0, false, 0, default, 0, 0, ask, null);

    /// <summary>It is to lead nothing from now on. <paramref name="returns"/>: who is told; null: nobody.</summary>
    internal static QueueCommand HandOver(LeadershipReturns? returns) =>
        new(QueueCommandKind.HandOver, 0, true, 0, default, 0, 0, returns, null);

    /// <summary>It may lead again.</summary>
    internal static QueueCommand LeadAgain() =>
        new(QueueCommandKind.HandOver, 0, false, 0, default, 0, 0, null, null);

    /// <summary>What <see cref="Alarms.DiskFitness"/> says of its group may be other than before.</summary>
    internal static QueueCommand DisksChanged() =>
        new(QueueCommandKind.HandOver, 0, false, 1, default, 0, 0, null, null);

    /// <summary>Of those that say who is to lead: <see cref="DisksChanged"/>.</summary>
    internal bool IsOfDisks => Slot != 0;

    /// <summary>A node with clients does not reach this one, which leads, but for others.</summary>
    internal static QueueCommand Unreached(NodeId node) =>
        new(QueueCommandKind.Unreached, 0, false, 0, default, 0, 0, node, null);

    /// <summary>The queue is to be replicated.</summary>
    /// <param name="member">Takes it over; null: it was taken over before this process began.</param>
    internal static QueueCommand Convert(ReplicatedQueue? member) =>
        new(QueueCommandKind.Convert, 0, false, 0, default, 0, 0, member, null);

    internal static QueueCommand LineMoved(QueueVisit line) =>
        new(QueueCommandKind.LineMoved, 0, false, 0, default, 0, 0, line, null);

    internal static QueueCommand LinesMoved() =>
        new(QueueCommandKind.LinesMoved, 0, false, 0, default, 0, 0, null, null);

    internal static QueueCommand Adopt(Adoption adoption) =>
        new(QueueCommandKind.Adopt, 0, false, 0, default, 0, 0, adoption, null);

    internal static QueueCommand Inherit(Inheritance inheritance) =>
        new(QueueCommandKind.Inherit, 0, false, 0, default, 0, 0, inheritance, null);

    internal static QueueCommand Left() => new(QueueCommandKind.Left, 0, false, 0, default, 0, 0, null, null);
}
