using Warren.Broker.Channels;
using Warren.Broker.Queues;

namespace Warren.Broker.Definitions;

/// <summary>A queue has closed: its definition goes.</summary>
internal sealed class RemoveQueue : DefinitionsChange
{
    private readonly QueueDefinition _queue;
    private readonly ChannelRequest? _request;
    private readonly Action? _answer;

    /// <summary>It closed by itself.</summary>
    public RemoveQueue(QueueDefinition queue) => _queue = queue;

    /// <summary>A client deleted it, and is answered when it cannot come back any more.</summary>
    public RemoveQueue(QueueDefinition queue, ChannelRequest request, Action answer)
    {
        _queue = queue;
        _request = request;
        _answer = answer;
    }

    /// <summary>An operator deleted it.</summary>
    public RemoveQueue(QueueDefinition queue, Action answer)
    {
        _queue = queue;
        _answer = answer;
    }

    /// <summary>The same of another node's view of the queue; for tests of several nodes.</summary>
    internal RemoveQueue For(QueueDefinition queue) => _request is null
        ? _answer is null ? new RemoveQueue(queue) : new RemoveQueue(queue, _answer)
        : new RemoveQueue(queue, _request, _answer!);

    /// <summary>Whose definition goes.</summary>
    internal QueueDefinition Queue => _queue;

    internal override void Apply(DefinitionsStore store)
    {
        store.Remove(_queue);
        if (_answer is null)
            return;
        if (_request is null)
            store.WhenAllDurable(_answer);
        else
            store.AnswerWhenGone(_request, _answer);
    }
}
