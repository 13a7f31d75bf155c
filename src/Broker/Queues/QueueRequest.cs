using Warren.Amqp;
using Warren.Broker.Channels;
using Warren.Broker.Security;

namespace Warren.Broker.Queues;

/// <summary>
/// A channel's request to a queue. The queue's turn calls <see cref="Answered"/> when the machine has answered; the
/// reply goes into the outbox in its place among the deliveries, and only then the channel is let go on.
/// </summary>
public abstract class QueueRequest : ChannelRequest
{
    internal QueueRequest(Channel channel, bool noWait)
        : base(channel, noWait)
    {
    }

    /// <summary>What the client is told instead of the reply, once <see cref="Answered"/> has set it.</summary>
    internal AmqpException? Error { get; private protected set; }

    /// <summary>
    /// The method's frame, if its channel could not know whether the queue that it found is still the one of its name.
    /// </summary>
    internal byte[]? Frame { get; set; }

    /// <summary>The client is told this, whatever it asked.</summary>
    internal void Refuse(AmqpException error) => Error = error;

    /// <summary>
    /// Hands the request to another turn, which will answer it; run by <see cref="Finish"/>, when nobody here looks at
    /// it any more.
    /// </summary>
    private protected Action? PassOn { get; set; }

    /// <summary>Makes the reply's frame; null when there is none.</summary>
    internal abstract byte[]? Answered(in QueueEffect effect);

    /// <summary>Takes back what the channel noted when it asked; in the connection's turn.</summary>
    internal virtual void Undo()
    {
    }

    /// <summary>The reply is in the outbox: lets the channel go on, or close.</summary>
    internal void Finish()
    {
        if (PassOn is { } passOn)
        {
            PassOn = null;
            passOn();
        }
        else if (Error is not null && Frame is not null && Refusals.MayBeOutOfDate(Error))
            LookAgain();
        else if (Error is not null)
            Fail(Error);
        else
            Resume();
    }
}
