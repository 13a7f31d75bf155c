using Warren.Broker.Connections;
using Warren.Broker.Operations;

namespace Warren.Broker.Queues.Remote;

/// <summary>A request of another node: its outcome goes to the visit, in its place among the deliveries.</summary>
/// <param name="outbox">The visit's.</param>
/// <param name="number">What the other node calls it; 0: nobody there asks, the visit itself does.</param>
/// <param name="consumer">Whom a request of the visit's own is about.</param>
internal sealed class VisitRequest(VisitOutbox outbox, long number, Consumer? consumer = null) : OperatorRequest
{
    public long Number => number;

    public Consumer? Consumer => consumer;

    /// <summary>It asks for the queue's end.</summary>
    public bool Closes { get; init; }

    public override void Take(in QueueEffect effect, QueueScratch scratch, byte epoch)
    {
        if (effect.Kind == QueueEffectKind.Answer)
        {
            scratch.Outboxes.Add(outbox, OutboxItem.VisitAnswer(this, effect));
            return;
        }
        // Acknowledged as it was sent, the message brings its reference along.
        if (effect.Slot >= 0)
            scratch.AddReference(effect.Message.Slab);
        scratch.Outboxes.Add(outbox, OutboxItem.VisitGetOk(this, effect));
    }

    protected override void Answered(in QueueEffect effect) =>
        throw new InvalidOperationException("A request of another node is answered there.");
}
