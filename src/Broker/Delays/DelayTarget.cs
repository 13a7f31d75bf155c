using Warren.Broker.Queues;

namespace Warren.Broker.Delays;

/// <summary>
/// A queue on another node, to which delayed messages are on their way or must wait to be. Owned by the turn of
/// <see cref="DelayedMessages"/>.
/// </summary>
internal sealed class DelayTarget(QueueHome home)
{
    public QueueHome Home { get; } = home;

    /// <summary>What was sent and not answered for.</summary>
    public long UnansweredBytes { get; set; }

    /// <summary>What would be sent, if there was not so much on its way.</summary>
    public DelayHold Held { get; } = new();
}
