using Warren.Amqp;
using Warren.Broker.Queues;

namespace Warren.Broker.Channels;

/// <summary>basic.cancel on its way through the queue's turn: after cancel-ok nothing is delivered any more.</summary>
internal sealed class CancelRequest : QueueRequest
{
    private readonly string _tag;

    public CancelRequest(Channel channel, bool noWait, string tag)
        : base(channel, noWait) => _tag = tag;

    // A queue that is gone has cancelled the consumer already.
    internal override byte[]? Answered(in QueueEffect effect) => Encode(new BasicCancelOk(_tag));
}
