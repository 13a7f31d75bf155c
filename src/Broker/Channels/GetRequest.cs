using Warren.Amqp;
using Warren.Broker.Arguments;
using Warren.Broker.Queues;
using Warren.Broker.Security;

namespace Warren.Broker.Channels;

/// <summary>
/// basic.get on its way through the queue's turn. A message comes as an effect of its own, not as an answer.
/// </summary>
internal sealed class GetRequest : QueueRequest
{
    private readonly string _queueName;

    public GetRequest(Channel channel, string queueName, QueueHome queue)
        : base(channel, noWait: false)
    {
        _queueName = queueName;
        Queue = queue;
    }

    public QueueHome Queue { get; }

    internal override byte[]? Answered(in QueueEffect effect)
    {
        if (effect.Answer == AnswerKind.Empty)
            return Encode(new BasicGetEmpty());
        Error = effect.Answer == AnswerKind.RefusedSingleActive
            ? new AmqpException(
                ReplyCode.ResourceLocked,
                "cannot obtain access to locked "
                + $"{ResourceName.Describe(ResourceKind.Queue, _queueName, Channel.Connection.VhostName)}. "
                + "basic.get operations are not supported by quorum queues with single active consumer")
            : Channel.NoSuch(ResourceKind.Queue, _queueName);
        return null;
    }
}
