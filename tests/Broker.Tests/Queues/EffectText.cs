using Warren.Broker.Messages;
using Warren.Broker.Queues;

namespace Warren.Broker.Tests.Queues;

/// <summary>Effects in words, as scripts spell them.</summary>
internal static class EffectText
{
    public static string Of(in QueueEffect effect, Func<Slab, string> nameOf) => effect.Kind switch
    {
        QueueEffectKind.Deliver =>
            $"deliver {nameOf(effect.Message.Slab)} to {effect.Consumer.Tag} {Delivery(in effect)}",
        QueueEffectKind.GetOk =>
            $"{effect.Request}: {nameOf(effect.Message.Slab)} {Delivery(in effect)}, {effect.ReadyLeft} left",
        QueueEffectKind.Answer => $"{effect.Request}: {Answer(in effect)}",
        QueueEffectKind.Confirm => $"confirm {effect.Ticket.Publisher} {effect.Ticket.Sequence}",
        QueueEffectKind.Reject => $"refuse {effect.Ticket.Publisher} {effect.Ticket.Sequence}",
        QueueEffectKind.DeadLetter => $"dead-letter {nameOf(effect.Message.Slab)}, {Reason(effect.DeadLetterReason)}"
            + (effect.DeliveryCount < 0 ? "" : $", count {effect.DeliveryCount}"),
        QueueEffectKind.Release =>
            $"release {nameOf(effect.Slab)}" + (effect.References == 1 ? "" : $" x{effect.References}"),
        QueueEffectKind.CancelConsumer =>
            $"cancel {effect.Consumer.Tag}, "
            + (effect.CancelReason == CancelReason.Timeout ? "timeout" : "queue closed"),
        QueueEffectKind.FreePlaces => $"free the places of {effect.Consumer.Tag}",
        QueueEffectKind.CloseChannel => $"close the channel of {effect.Consumer.Tag}",
        QueueEffectKind.Closed => $"closed, {effect.CloseReason switch
        {
            CloseReason.AutoDelete => "last consumer gone",
            CloseReason.Expired => "unused",
            _ => effect.CloseReason.ToString(),
        }}",
        _ => throw new InvalidOperationException($"An effect of kind {effect.Kind}."),
    };

    /// <summary>[slot:position], with ~n after n timeouts, or [sent] for what needs no acknowledgement.</summary>
    private static string Delivery(in QueueEffect effect)
    {
        long position = effect.Position & ((1L << 56) - 1);
        long timeouts = effect.Position >> 56;
        string claim = timeouts == 0 ? $"[{effect.Slot}:{position}]" : $"[{effect.Slot}:{position}~{timeouts}]";
        string text = effect.Slot < 0 ? "[sent]" : claim;
        if (effect.Redelivered)
            text += " redelivered";
        return effect.DeliveryCount < 0 ? text : $"{text} count {effect.DeliveryCount}";
    }

    private static string Answer(in QueueEffect effect) => effect.Answer switch
    {
        AnswerKind.Ok when effect.Request is string request && request.StartsWith('c') => "ok",
        AnswerKind.Ok => $"ok, {effect.MessageCount} messages, {effect.ConsumerCount} consumers",
        AnswerKind.Empty => "empty",
        AnswerKind.RefusedExclusive => "refused, in exclusive use",
        AnswerKind.RefusedSingleActive => "refused, single active consumer",
        AnswerKind.InUse => $"refused, {effect.ConsumerCount} consumers",
        AnswerKind.NotEmpty => $"refused, {effect.MessageCount} messages",
        _ => "closed",
    };

    private static string Reason(DeadLetterReason reason) => reason switch
    {
        DeadLetterReason.Rejected => "rejected",
        DeadLetterReason.Expired => "expired",
        DeadLetterReason.MaxLength => "maxlen",
        _ => "delivery_limit",
    };
}
