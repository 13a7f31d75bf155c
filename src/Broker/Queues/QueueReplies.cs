using Warren.Broker.Channels;
using Warren.Broker.Connections;
using Warren.Broker.Operations;

namespace Warren.Broker.Queues;

/// <summary>
/// What a queue's turn tells clients, gathered into the turn's <see cref="QueueScratch"/>: the same from the queue
/// itself and from the stand-in of a queue on another node.
/// </summary>
internal static class QueueReplies
{
    /// <summary>
    /// Hands a delivery to its consumer's outbox. <paramref name="epoch"/>: see <see cref="OutboxItem.Epoch"/>.
    /// </summary>
    public static void Deliver(in QueueEffect effect, QueueScratch scratch, byte epoch = 0)
    {
        Consumer consumer = effect.Consumer;
        if (effect.Slot >= 0)
            scratch.AddReference(effect.Message.Slab);
        scratch.Outboxes.Add(consumer.Channel.Outbox, OutboxItem.Deliver(
            consumer.Channel, consumer, effect.Message, effect.Slot, effect.Position,
            effect.Redelivered, effect.DeliveryCount, effect.HoldsPlace, epoch));
    }

    /// <summary>Hands GetOk or Answer to whoever asked.</summary>
    public static void Reply(in QueueEffect effect, QueueHome home, QueueScratch scratch, byte epoch = 0)
    {
        if (effect.Request is OperatorRequest operation)
        {
            operation.Take(effect, scratch, epoch);
        }
        else if (effect.Kind == QueueEffectKind.GetOk)
        {
            var get = (GetRequest)effect.Request;
            if (effect.Slot >= 0)
                scratch.AddReference(effect.Message.Slab);
            scratch.Outboxes.Add(get.Channel.Deliveries.Outbox, OutboxItem.GetOk(
                get.Channel.Deliveries, home, effect.Message, effect.Slot, effect.Position, effect.Redelivered,
                effect.DeliveryCount, effect.ReadyLeft, epoch));
            scratch.Answered.Add(get);
        }
        else
        {
            var request = (QueueRequest)effect.Request;
            if (request is DeleteQueueRequest deletion && effect.Answer == AnswerKind.Ok)
                deletion.TakeOver(scratch.Events);
            if (request.Answered(effect) is { } frames)
            {
                scratch.Outboxes.Add(
                    request.Channel.Deliveries.Outbox, OutboxItem.Frames(frames, request.Channel.Deliveries));
            }
            scratch.Answered.Add(request);
        }
    }

    /// <summary>Tells a publisher, or whoever waits for several queues together, what became of a publish.</summary>
    public static void Verdict(in PublishTicket ticket, bool accepted, QueueScratch scratch)
    {
        if (ticket.Group is not PublishGroup group)
        {
            var publisher = (DeliveryChannel)ticket.Publisher!;
            scratch.Outboxes.Add(publisher.Outbox, OutboxItem.Confirm(publisher, ticket.Sequence, accepted));
            return;
        }
        if (!group.Complete(accepted))
            return;
        if (group.Completed is { } completed)
            completed(!group.IsRejected);
        else if (group.Commit is { } commit)
            commit.Committed(!group.IsRejected);
        else if (ticket.Sequence > 0 && ticket.Publisher is DeliveryChannel publisher)
            scratch.Outboxes.Add(publisher.Outbox, OutboxItem.Confirm(publisher, ticket.Sequence, !group.IsRejected));
    }
}
