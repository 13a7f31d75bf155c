using Warren.Broker.Channels;
using Warren.Broker.Messages;

namespace Warren.Broker.Queues;

/// <summary>
/// The effects of a turn, in order. Owned by the turn: the machine appends, the shell reads and clears. The array is
/// the running thread's and is held only between the first effect and <see cref="Clear"/>, so that ten thousand idle
/// queues hold none. Invariant: entries beyond <see cref="Count"/> are default, so that none keeps an object alive.
/// </summary>
public sealed class EffectList
{
    private const int FirstCapacity = 64;

    /// <summary>A larger array is given up when a turn used little of it: 16,384 effects are 1.3 MB.</summary>
    private const int KeptCapacity = 16_384;

    [ThreadStatic]
    private static QueueEffect[]? _spare;

    private QueueEffect[] _effects = [];

    public int Count { get; private set; }

    public ReadOnlySpan<QueueEffect> Span => _effects.AsSpan(0, Count);

    /// <summary>Empties the list for the next turn.</summary>
    public void Clear()
    {
        if (_effects.Length == 0)
            return;
        Array.Clear(_effects, 0, Count);
        _spare = _effects.Length > KeptCapacity && Count < _effects.Length / 8 ? null : _effects;
        _effects = [];
        Count = 0;
    }

    internal void Deliver(Consumer consumer, in QueuedMessage queued, int slot)
    {
        ref QueueEffect effect = ref Next(QueueEffectKind.Deliver);
        effect.Subject = consumer;
        effect.HoldsPlace = consumer.HoldsPlace;
        Describe(ref effect, in queued, slot);
    }

    internal void GetOk(object request, in QueuedMessage queued, int slot, int readyLeft)
    {
        ref QueueEffect effect = ref Next(QueueEffectKind.GetOk);
        effect.Subject = request;
        effect.Remaining = readyLeft;
        Describe(ref effect, in queued, slot);
    }

    /// <summary>Nothing if nobody asks: <paramref name="request"/> is null.</summary>
    internal void Answer(object? request, AnswerKind answer, long messages = 0, int consumers = 0)
    {
        if (request is null)
            return;
        ref QueueEffect effect = ref Next(QueueEffectKind.Answer);
        effect.Subject = request;
        effect.Answer = answer;
        effect.Number = messages;
        effect.Small = consumers;
    }

    /// <summary><paramref name="awaitsSync"/>: only when what the log has so far is durable.</summary>
    internal void Confirm(in PublishTicket ticket, bool awaitsSync = false)
    {
        AnswerPublish(QueueEffectKind.Confirm, in ticket);
        _effects[Count - 1].AwaitsSync = awaitsSync;
    }

    internal void Reject(in PublishTicket ticket) => AnswerPublish(QueueEffectKind.Reject, in ticket);

    /// <summary>
    /// The queue is gone, as if it had not been routed there; who keeps the message until a queue has it hears that
    /// this one has not. <paramref name="mayComeBack"/>: that it is gone is not durable yet.
    /// </summary>
    internal void AnswerGone(in PublishTicket ticket, bool mayComeBack)
    {
        if (ticket.Group is PublishGroup group && (group.GoesAgain || (group.IsKept && !mayComeBack)))
            Reject(in ticket);
        else
            Confirm(in ticket, mayComeBack);
    }

    /// <summary><paramref name="position"/>: its entry in the queue's log; 0: it has none.</summary>
    internal void DeadLetter(in Message message, DeadLetterReason reason, int deliveryCount, long position)
    {
        ref QueueEffect effect = ref Next(QueueEffectKind.DeadLetter);
        effect.Content = message;
        effect.Number = position;
        effect.DeadLetterReason = reason;
        effect.DeliveryCount = deliveryCount;
    }

    /// <summary>
    /// Neighbours of one slab share an effect: emptying a long queue costs one a slab, not one a message.
    /// </summary>
    internal void Release(in Message message)
    {
        if (!message.IsResident)
            return;
        if (Count > 0)
        {
            ref QueueEffect last = ref _effects[Count - 1];
            if (last.Kind == QueueEffectKind.Release && last.Content.Slab == message.Slab)
            {
                last.Small++;
                return;
            }
        }
        ref QueueEffect effect = ref Next(QueueEffectKind.Release);
        effect.Content = message;
        effect.Small = 1;
    }

    internal void CancelConsumer(Consumer consumer, CancelReason reason)
    {
        ref QueueEffect effect = ref Next(QueueEffectKind.CancelConsumer);
        effect.Subject = consumer;
        effect.CancelReason = reason;
    }

    internal void FreePlaces(Consumer consumer) => Next(QueueEffectKind.FreePlaces).Subject = consumer;

    internal void CloseChannel(Consumer consumer) => Next(QueueEffectKind.CloseChannel).Subject = consumer;

    /// <summary>A message could not be read again: its record is damaged.</summary>
    internal void Lost(long position) => Next(QueueEffectKind.Lost).Number = position;

    internal void Closed(CloseReason reason) => Next(QueueEffectKind.Closed).CloseReason = reason;

    private static void Describe(ref QueueEffect effect, in QueuedMessage queued, int slot)
    {
        effect.Content = queued.Message;
        effect.Number = queued.Token;
        effect.Small = slot;
        effect.Redelivered = queued.Redelivered;
        effect.DeliveryCount = queued.DeliveryCount;
    }

    private void AnswerPublish(QueueEffectKind kind, in PublishTicket ticket)
    {
        ref QueueEffect effect = ref Next(kind);
        effect.Subject = ticket.Publisher;
        effect.Companion = ticket.Group;
        effect.Number = (long)ticket.Sequence;
    }

    private ref QueueEffect Next(QueueEffectKind kind)
    {
        if (Count == _effects.Length)
            Grow();
        ref QueueEffect effect = ref _effects[Count++];
        effect.Kind = kind;
        return ref effect;
    }

    private void Grow()
    {
        if (_effects.Length > 0)
        {
            Array.Resize(ref _effects, _effects.Length * 2);
            return;
        }
        _effects = _spare ?? new QueueEffect[FirstCapacity];
        _spare = null;
    }
}
