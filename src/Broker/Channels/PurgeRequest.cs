using Warren.Amqp;
using Warren.Broker.Queues;
using Warren.Broker.Security;

namespace Warren.Broker.Channels;

/// <summary>queue.purge on its way through the queue's turn.</summary>
internal sealed class PurgeRequest : QueueRequest
{
    private readonly string _queueName;

    public PurgeRequest(Channel channel, bool noWait, string queueName)
        : base(channel, noWait) => _queueName = queueName;

    internal override byte[]? Answered(in QueueEffect effect)
    {
        if (effect.Answer == AnswerKind.Ok)
            return Encode(new QueuePurgeOk((uint)effect.MessageCount));
        Error = Channel.NoSuch(ResourceKind.Queue, _queueName);
        return null;
    }
}
