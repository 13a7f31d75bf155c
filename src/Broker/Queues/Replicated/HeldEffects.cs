using Warren.Storage.Collections;

namespace Warren.Broker.Queues.Replicated;

/// <summary>
/// What a leader's machine has decided and nobody may see before it is committed: deliveries that nobody acknowledges,
/// answers that say that something is done. In order: while one waits, all that comes behind it does. Owned by the
/// queue's turn.
/// </summary>
internal sealed class HeldEffects
{
    private LazyQueue<(long Index, QueueEffect Effect)> _held;
    private LazyQueue<QueueEffect> _fresh;

    /// <summary>Nothing waits.</summary>
    public bool IsEmpty => _held.Count + _fresh.Count == 0;

    /// <summary>
    /// Waits for what this turn decides, which has no index yet. A message that its machine keeps is kept by this, too:
    /// the machine may let go of it meanwhile.
    /// </summary>
    public void Add(in QueueEffect effect)
    {
        if (KeepsMessage(in effect))
            effect.Slab.AddReferences(1);
        _fresh.Enqueue(effect);
    }

    /// <summary>The turn has written what it decided, up to this index.</summary>
    public void Stamp(long index)
    {
        while (_fresh.TryDequeue(out QueueEffect effect))
            _held.Enqueue((index, effect));
    }

    /// <summary>Carries out what may be seen.</summary>
    public void CarryOut(long committed, ReplicatedQueue queue)
    {
        if (IsEmpty)
            return;
        QueueScratch scratch = QueueScratch.ForThisThread;
        while (_held.TryPeek(out (long Index, QueueEffect Effect) first) && first.Index <= committed)
        {
            QueueEffect effect = _held.Dequeue().Effect;
            queue.CarryOutNow(in effect, scratch);
            if (!KeepsMessage(in effect))
                continue;
            scratch.FlushReferences();
            effect.Slab.Release(1);
        }
        scratch.Flush();
    }

    /// <summary>
    /// They will not be committed, as far as is known here: gives back the messages that were to go out.
    /// </summary>
    public void Clear()
    {
        Stamp(0);
        while (_held.TryDequeue(out (long Index, QueueEffect Effect) held))
        {
            if (held.Effect.Kind is QueueEffectKind.Deliver or QueueEffectKind.GetOk or QueueEffectKind.DeadLetter)
                held.Effect.Slab.Release(1);
        }
    }

    /// <summary>Whether this may be seen only when what comes of it is committed.</summary>
    public static bool MustWait(in QueueEffect effect) => effect.Kind switch
    {
        QueueEffectKind.Deliver or QueueEffectKind.GetOk => effect.Slot < 0,
        QueueEffectKind.Closed => true,
        QueueEffectKind.Answer => effect.Answer == AnswerKind.Ok,
        QueueEffectKind.CancelConsumer => effect.CancelReason == CancelReason.QueueClosed,
        _ => false,
    };

    private static bool KeepsMessage(in QueueEffect effect) =>
        effect.Kind is QueueEffectKind.Deliver or QueueEffectKind.GetOk && effect.Slot >= 0;
}
