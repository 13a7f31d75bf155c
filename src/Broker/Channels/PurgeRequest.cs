using Warren.Amqp;
using Warren.Broker.Queues;
using Warren.Broker.Security;

namespace Warren.Broker.Channels;

/// <summary>
/// queue.purge on its way through the queue's turn; of a durable queue it is answered when nothing can come back.
/// </summary>
internal sealed class PurgeRequest : QueueRequest
{
    private readonly QueueDefinition _queue;

    public PurgeRequest(Channel channel, bool noWait, QueueDefinition queue)
        : base(channel, noWait) => _queue = queue;

    internal override byte[]? Answered(in QueueEffect effect)
    {
        if (effect.Answer != AnswerKind.Ok)
        {
            Error = Channel.NoSuch(ResourceKind.Queue, _queue.Name);
            return null;
        }
        uint count = (uint)effect.MessageCount;
        if (IsNoWait || !_queue.SurvivesRestart)
            return Encode(new QueuePurgeOk(count));
        var durable = new PublishGroup(1, _ => Succeed(new QueuePurgeOk(count)));
        PassOn = () => _queue.Home.Post(QueueCommand.Sync(durable));
        return null;
    }
}
