using Warren.Broker.Channels;
using Warren.Broker.Messages;
using Warren.Broker.Queues;
using Warren.Broker.Queues.Remote;

namespace Warren.Broker.Connections;

/// <summary>
/// One thing to write to a client, 64 bytes, a union of the shapes that the factories draw. An item with a message
/// holds one reference to its slab, given back when it was written or thrown away.
/// </summary>
public readonly struct OutboxItem
{
    private const int ItemBytes = 64;

    private OutboxItem(
        OutboxItemKind kind, bool flag, int slot, Message message, long position, long extra, DeliveryChannel? channel,
        object? target, bool holdsPlace = false, byte epoch = 0)
    {
        Kind = kind;
        Flag = flag;
        Slot = slot;
        Message = message;
        Position = position;
        Extra = extra;
        Channel = channel;
        Target = target;
        HoldsPlace = holdsPlace;
        Epoch = epoch;
    }

    public OutboxItemKind Kind { get; }

    /// <summary>Deliveries: redelivered. Confirm: accepted.</summary>
    public bool Flag { get; }

    /// <summary>Deliver: it holds a place in its channel's shared prefetch.</summary>
    public bool HoldsPlace { get; }

    /// <summary>
    /// Deliveries of a queue on another node: of which of the lines to its home this one is, the low byte. What was
    /// delivered on a line that has ended since may still be acknowledged, but nothing else. Else 0.
    /// </summary>
    public byte Epoch { get; }

    /// <summary>The unacked slot in the queue; -1 when nothing is to be acknowledged.</summary>
    public int Slot { get; }

    public Message Message { get; }

    public long Position { get; }

    /// <summary>
    /// Deliver: delivery count or -1. GetOk: the same in the upper half, messages left in the lower.
    /// Confirm: the sequence.
    /// </summary>
    public long Extra { get; }

    /// <summary>Null for End, and for Frames that go out whatever became of a channel.</summary>
    public DeliveryChannel? Channel { get; }

    /// <summary>
    /// Deliver: the consumer. GetOk: the queue. DeliverReply: the tag's bytes. Frames, ChannelEnd, ConnectionEnd: the
    /// bytes.
    /// </summary>
    public object? Target { get; }

    /// <summary>
    /// Messages a queue has handed out to be acknowledged; they must go back if they are not written.
    /// </summary>
    public bool IsUnsettled => Kind is OutboxItemKind.Deliver or OutboxItemKind.GetOk && Slot >= 0;

    /// <summary>
    /// What the item holds in memory until it is written, for items that a client provokes without limit; the other
    /// kinds, which have limits of their own, weigh nothing.
    /// </summary>
    public int WeightBytes => Kind switch
    {
        OutboxItemKind.Deliver or OutboxItemKind.DeliverReply or OutboxItemKind.End => 0,
        OutboxItemKind.Frames or OutboxItemKind.ChannelEnd or OutboxItemKind.ConnectionEnd =>
            ItemBytes + ((byte[])Target!).Length,
        _ => ItemBytes + Message.SizeBytes,
    };

    public static OutboxItem Deliver(
        DeliveryChannel channel, Consumer consumer, Message message, int slot, long position, bool redelivered,
        int deliveryCount, bool holdsPlace, byte epoch = 0) =>
        new(
            OutboxItemKind.Deliver, redelivered, slot, message, position, deliveryCount, channel, consumer, holdsPlace,
            epoch);

    public static OutboxItem DeliverReply(DeliveryChannel channel, byte[] tag, Message message) =>
        new(OutboxItemKind.DeliverReply, false, -1, message, 0, -1, channel, tag);

    public static OutboxItem GetOk(
        DeliveryChannel channel,
        QueueHome queue,
        Message message,
        int slot,
        long position,
        bool redelivered,
        int deliveryCount,
        long readyLeft,
        byte epoch = 0) =>
        new(
            OutboxItemKind.GetOk,
            redelivered,
            slot,
            message,
            position,
            ((long)deliveryCount << 32) | (uint)readyLeft,
            channel,
            queue,
            epoch: epoch);

    public static OutboxItem Return(DeliveryChannel channel, Message message) =>
        new(OutboxItemKind.Return, false, -1, message, 0, 0, channel, null);

    public static OutboxItem Confirm(DeliveryChannel channel, ulong sequence, bool accepted) =>
        new(OutboxItemKind.Confirm, accepted, -1, default, 0, (long)sequence, channel, null);

    /// <summary>With a channel: not written if that has ended.</summary>
    public static OutboxItem Frames(byte[] frames, DeliveryChannel? channel = null) =>
        new(OutboxItemKind.Frames, false, -1, default, 0, 0, channel, frames);

    public static OutboxItem ChannelEnd(DeliveryChannel channel, byte[] frame) =>
        new(OutboxItemKind.ChannelEnd, false, -1, default, 0, 0, channel, frame);

    public static OutboxItem ConnectionEnd(byte[] frame) =>
        new(OutboxItemKind.ConnectionEnd, false, -1, default, 0, 0, null, frame);

    /// <summary>What another node's get has found; with a slot the caller has taken a reference for the item.</summary>
    internal static OutboxItem VisitGetOk(VisitRequest request, in QueueEffect effect) =>
        new(
            OutboxItemKind.GetOk, effect.Redelivered, effect.Slot, effect.Message, effect.Position,
            ((long)effect.DeliveryCount << 32) | (uint)effect.ReadyLeft, null, request);

    /// <summary>What a queue answers another node's request: answer, messages, consumers.</summary>
    internal static OutboxItem VisitAnswer(VisitRequest request, in QueueEffect effect) =>
        new(
            OutboxItemKind.VisitAnswer, false, effect.ConsumerCount, default, effect.MessageCount, (long)effect.Answer,
            null, request);

    /// <summary>What a channel of another node is told: the kind, the consumer or the error.</summary>
    internal static OutboxItem VisitEvent(VisitChannel channel, ConnectionEventKind kind, object subject) =>
        new(OutboxItemKind.VisitEvent, false, (int)kind, default, 0, 0, channel, subject);

    /// <summary>A frame of this kind, whose bytes are the message's body.</summary>
    internal static OutboxItem PeerFrame(ushort kind, Message frame) =>
        new(OutboxItemKind.PeerFrame, false, kind, frame, 0, 0, null, null);

    internal static OutboxItem PeerSignal(LineSignal signal) =>
        new(OutboxItemKind.PeerSignal, false, (int)signal, default, 0, 0, null, null);

    /// <summary>The queue is taken over, and the clients of a line hold what there is of theirs.</summary>
    internal static OutboxItem LineHandedOver(IReadOnlyList<HeldMessage> held) =>
        new(OutboxItemKind.LineHandedOver, false, -1, default, 0, 0, null, held);

    public static OutboxItem End() => new(OutboxItemKind.End, false, -1, default, 0, 0, null, null);
}
