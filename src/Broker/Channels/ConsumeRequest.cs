using Warren.Amqp;
using Warren.Broker.Arguments;
using Warren.Broker.Queues;
using Warren.Broker.Security;

namespace Warren.Broker.Channels;

/// <summary>basic.consume on its way through the queue's turn.</summary>
internal sealed class ConsumeRequest : QueueRequest
{
    private readonly string _queueName;
    private readonly Consumer _consumer;

    public ConsumeRequest(Channel channel, bool noWait, string queueName, Consumer consumer)
        : base(channel, noWait)
    {
        _queueName = queueName;
        _consumer = consumer;
    }

    internal override void Undo() => Channel.Consumers.Forget(_consumer);

    internal override byte[]? Answered(in QueueEffect effect)
    {
        if (effect.Answer == AnswerKind.Ok)
            return Encode(new BasicConsumeOk(_consumer.Tag));
        Error = effect.Answer == AnswerKind.RefusedExclusive
            ? new AmqpException(
                ReplyCode.AccessRefused,
                $"{ResourceName.Describe(ResourceKind.Queue, _queueName, Channel.Connection.VhostName)} "
                + "in exclusive use")
            : Channel.NoSuch(ResourceKind.Queue, _queueName);
        return null;
    }
}
