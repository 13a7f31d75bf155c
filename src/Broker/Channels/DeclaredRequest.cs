using Warren.Amqp;
using Warren.Broker.Definitions;
using Warren.Broker.Queues;

namespace Warren.Broker.Channels;

/// <summary>
/// queue.declare of a queue that is there, on its way to its counts. If the queue closed meanwhile, an active
/// declaration makes it anew and a passive one fails.
/// </summary>
internal sealed class DeclaredRequest : QueueRequest
{
    private readonly QueueDeclaration _declaration;

    public DeclaredRequest(Channel channel, bool noWait, QueueDeclaration declaration)
        : base(channel, noWait) => _declaration = declaration;

    public QueueDeclaration Declaration => _declaration;

    /// <summary>The queue that is asked for its counts; set before it is.</summary>
    public QueueDefinition? Asked { get; set; }

    internal override byte[]? Answered(in QueueEffect effect)
    {
        if (effect.Answer == AnswerKind.Ok)
            return Encode(new QueueDeclareOk(_declaration.Name, (uint)effect.MessageCount, (uint)effect.ConsumerCount));
        if (_declaration.IsPassive)
        {
            Error = Channel.NoSuch(Security.ResourceKind.Queue, _declaration.Name);
            return null;
        }
        PassOn = () => Channel.Connection.Broker.Definitions.Post(new DeclareQueue(this, closed: Asked));
        return null;
    }
}
