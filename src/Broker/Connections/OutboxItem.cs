using Warren.Broker.Channels;
using Warren.Broker.Messages;
using Warren.Broker.Queues;

namespace Warren.Broker.Connections;

/// <summary>
/// One thing to write to a client, 64 bytes, a union of the shapes that the factories draw. An item with a message
/// holds one reference to its slab, given back when it was written or thrown away.
/// </summary>
public readonly struct OutboxItem
{
    private OutboxItem(
        OutboxItemKind kind, bool flag, int slot, Message message, long position, long extra,
        DeliveryChannel? channel, object? target)
    {
        Kind = kind;
        Flag = flag;
        Slot = slot;
        Message = message;
        Position = position;
        Extra = extra;
        Channel = channel;
        Target = target;
    }

    public OutboxItemKind Kind { get; }

    /// <summary>Deliveries: redelivered. Confirm: accepted.</summary>
    public bool Flag { get; }

    /// <summary>The unacked slot in the queue; -1 when nothing is to be acknowledged.</summary>
    public int Slot { get; }

    public Message Message { get; }

    public long Position { get; }

    /// <summary>
    /// Deliver: delivery count or -1. GetOk: the same in the upper half, messages left in the lower. Confirm: the
    /// sequence.
    /// </summary>
    public long Extra { get; }

    /// <summary>Null only for Frames and End.</summary>
    public DeliveryChannel? Channel { get; }

    /// <summary>Deliver: the consumer. GetOk: the queue. DeliverReply: the tag's bytes. Frames: the bytes.</summary>
    public object? Target { get; }

    public static OutboxItem Deliver(
        DeliveryChannel channel, Consumer consumer, Message message, int slot,
        long position, bool redelivered, int deliveryCount) =>
        new(OutboxItemKind.Deliver, redelivered, slot, message, position, deliveryCount, channel, consumer);

    public static OutboxItem DeliverReply(DeliveryChannel channel, byte[] tag, Message message) =>
        new(OutboxItemKind.DeliverReply, false, -1, message, 0, -1, channel, tag);

    public static OutboxItem GetOk(
        DeliveryChannel channel, Queue queue, Message message, int slot, long position,
        bool redelivered, int deliveryCount, long readyLeft) =>
        new(
            OutboxItemKind.GetOk, redelivered, slot, message, position,
            ((long)deliveryCount << 32) | (uint)readyLeft, channel, queue);

    public static OutboxItem Return(DeliveryChannel channel, Message message) =>
        new(OutboxItemKind.Return, false, -1, message, 0, 0, channel, null);

    public static OutboxItem Confirm(DeliveryChannel channel, ulong sequence, bool accepted) =>
        new(OutboxItemKind.Confirm, accepted, -1, default, 0, (long)sequence, channel, null);

    public static OutboxItem Frames(byte[] frames) =>
        new(OutboxItemKind.Frames, false, -1, default, 0, 0, null, frames);

    public static OutboxItem End() => new(OutboxItemKind.End, false, -1, default, 0, 0, null, null);
}
