using Warren.Broker.Messages;

namespace Warren.Broker.Queues;

/// <summary>
/// One outcome of a command. Which members mean something depends on <see cref="Kind"/>, as each says; the others are
/// default.
/// </summary>
public struct QueueEffect
{
    internal object? Subject;
    internal object? Companion;
    internal Message Content;
    internal long Number;
    internal int Small;
    internal int Remaining;

    public QueueEffectKind Kind { get; internal set; }

    /// <summary>Deliver, CancelConsumer, FreePlaces, CloseChannel.</summary>
    public readonly Consumer Consumer => (Consumer)Subject!;

    /// <summary>GetOk, Answer: what the command brought.</summary>
    public readonly object Request => Subject!;

    /// <summary>Confirm, Reject: what the publish brought.</summary>
    public readonly PublishTicket Ticket => new(Subject, (ulong)Number, Companion);

    /// <summary>Deliver, GetOk, DeadLetter: the message.</summary>
    public readonly Message Message => Content;

    /// <summary>Release: where the messages lay.</summary>
    public readonly Slab Slab => Content.Slab;

    /// <summary>Release: how many references of <see cref="Slab"/> are given back, one a message.</summary>
    public readonly int References => Small;

    /// <summary>
    /// Deliver, GetOk: names the delivery together with <see cref="Position"/>; -1: acknowledged as it was sent.
    /// </summary>
    public readonly int Slot => Small;

    /// <summary>Confirm: only when what the queue's log has so far is durable.</summary>
    public bool AwaitsSync { get; internal set; }

    /// <summary>
    /// Deliver, GetOk: names the delivery together with <see cref="Slot"/>; its place in the queue's order, mostly.
    /// DeadLetter: its entry in the queue's log, released when the targets have it; 0: none. Lost: which.
    /// </summary>
    public readonly long Position => Number;

    /// <summary>Deliver, GetOk: it was handed out before.</summary>
    public bool Redelivered { get; internal set; }

    /// <summary>Deliver: it holds a place in the consumer's shared prefetch.</summary>
    public bool HoldsPlace { get; internal set; }

    /// <summary>Deliver, GetOk, DeadLetter: how often it came back; -1: the queue does not count.</summary>
    public int DeliveryCount { get; internal set; }

    /// <summary>GetOk: messages still ready.</summary>
    public readonly int ReadyLeft => Remaining;

    /// <summary>Answer.</summary>
    public AnswerKind Answer { get; internal set; }

    /// <summary>Answer: messages ready (Status), purged or deleted.</summary>
    public readonly long MessageCount => Number;

    /// <summary>Answer: consumers of the queue.</summary>
    public readonly int ConsumerCount => Small;

    /// <summary>DeadLetter.</summary>
    public DeadLetterReason DeadLetterReason { get; internal set; }

    /// <summary>CancelConsumer.</summary>
    public CancelReason CancelReason { get; internal set; }

    /// <summary>Closed.</summary>
    public CloseReason CloseReason { get; internal set; }
}
