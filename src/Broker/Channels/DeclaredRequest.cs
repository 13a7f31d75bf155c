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

    internal override byte[]? Answered(in QueueEffect effect)
    {
        if (effect.Answer == AnswerKind.Ok)
            return Encode(new QueueDeclareOk(_declaration.Name, (uint)effect.MessageCount, (uint)effect.ConsumerCount));
        if (_declaration.IsPassive)
        {
            Error = Channel.NoSuch(Security.ResourceKind.Queue, _declaration.Name);
            return null;
        }
        IsPassedOn = true;
        Channel.Connection.Broker.Definitions.Post(new DeclareQueue(this));
        return null;
    }

    /// <summary>The definitions' turn takes the request over, or hands it to the queue again.</summary>
    internal void PassOn(bool passedOn) => IsPassedOn = passedOn;
}
