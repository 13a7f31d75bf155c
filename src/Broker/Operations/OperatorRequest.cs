using Warren.Broker.Queues;

namespace Warren.Broker.Operations;

/// <summary>
/// A request to a queue that comes from no channel. The queue's turn hands over its outcome, once; the request copies
/// what it needs and returns at once.
/// </summary>
internal abstract class OperatorRequest
{
    /// <summary>See <see cref="Connections.OutboxItem.Epoch"/>.</summary>
    protected byte Epoch { get; private set; }

    /// <summary>The outcome, GetOk or Answer, in the queue's turn.</summary>
    public virtual void Take(in QueueEffect effect, QueueScratch scratch, byte epoch)
    {
        Epoch = epoch;
        if (effect.Kind == QueueEffectKind.Answer)
        {
            Answered(effect);
            return;
        }
        Got(effect);
        // Acknowledged as it was sent: the reference is the request's, which has copied the message.
        if (effect.Slot < 0)
        {
            scratch.FlushReferences();
            effect.Message.Slab.Release(1);
        }
    }

    /// <summary>The machine has answered.</summary>
    protected abstract void Answered(in QueueEffect effect);

    /// <summary>A get has found a message, whose bytes are there for as long as the call takes.</summary>
    protected virtual void Got(in QueueEffect effect) =>
        throw new InvalidOperationException("A request that asked for no message got one.");
}
