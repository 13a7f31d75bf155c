using Warren.Amqp;
using Warren.Broker.Arguments;
using Warren.Broker.Definitions;
using Warren.Broker.Queues;
using Warren.Broker.Security;

namespace Warren.Broker.Channels;

/// <summary>
/// queue.delete: the queue closes first, in its own turn, where its conditions are checked; then the definition goes;
/// then the client is told.
/// </summary>
internal sealed class DeleteQueueRequest : QueueRequest
{
    private readonly QueueDefinition _queue;

    public DeleteQueueRequest(Channel channel, bool noWait, QueueDefinition queue)
        : base(channel, noWait) => _queue = queue;

    internal override byte[]? Answered(in QueueEffect effect)
    {
        if (effect.Answer is AnswerKind.InUse or AnswerKind.NotEmpty)
        {
            string what = effect.Answer == AnswerKind.InUse ? "in use" : "not empty";
            Error = new AmqpException(
                ReplyCode.PreconditionFailed,
                $"{ResourceName.Describe(ResourceKind.Queue, _queue.Name, _queue.Vhost)} {what}");
            return null;
        }
        // Closed by somebody else already: as in RabbitMQ, deleting what is not there succeeds.
        uint count = effect.Answer == AnswerKind.Ok ? (uint)effect.MessageCount : 0;
        IsPassedOn = true;
        Channel.Connection.Broker.Definitions.Post(new RemoveQueue(_queue, () => Succeed(new QueueDeleteOk(count))));
        return null;
    }
}
