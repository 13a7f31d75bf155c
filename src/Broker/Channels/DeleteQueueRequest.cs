using Warren.Amqp;
using Warren.Broker.Arguments;
using Warren.Broker.Connections;
using Warren.Broker.Definitions;
using Warren.Broker.Queues;
using Warren.Broker.Security;

namespace Warren.Broker.Channels;

/// <summary>
/// queue.delete: the queue closes first, in its own turn, where its conditions are checked; then the definition goes;
/// then, when it cannot come back any more, the client is told.
/// </summary>
internal sealed class DeleteQueueRequest : QueueRequest
{
    private readonly QueueDefinition _queue;
    private ChannelEvent[] _events = [];

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
        PassOn = () => Channel.Connection.Broker.Definitions.Post(
            new RemoveQueue(_queue, this, () => Tell(count), TellEvents));
        return null;
    }

    /// <summary>
    /// Takes over what connections are to be told of the queue's end: whoever deletes a queue that he consumes from
    /// gets delete-ok before the cancellation, as from RabbitMQ; kombu takes the other order for an error.
    /// </summary>
    internal void TakeOver(List<ChannelEvent> events)
    {
        _events = [.. events];
        events.Clear();
    }

    private void Tell(uint count)
    {
        Succeed(new QueueDeleteOk(count));
        TellEvents();
    }

    // The queue has closed, whatever becomes of its definition.
    private void TellEvents()
    {
        foreach (ChannelEvent happened in _events)
            happened.Tell();
    }
}
