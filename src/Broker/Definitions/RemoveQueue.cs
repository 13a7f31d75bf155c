using Warren.Broker.Channels;
using Warren.Broker.Queues;
using Warren.Broker.Security;

namespace Warren.Broker.Definitions;

/// <summary>A queue has closed: its definition goes.</summary>
internal sealed class RemoveQueue : DefinitionsChange
{
    private readonly QueueDefinition _queue;
    private readonly ChannelRequest? _request;
    private readonly Action? _answer;
    private readonly Action? _failed;
    private readonly TaskCompletionSource? _done;

    /// <summary>It closed by itself.</summary>
    public RemoveQueue(QueueDefinition queue) => _queue = queue;

    /// <summary>
    /// A client deleted it, and is answered when it cannot come back any more; or is told that this cannot be said now,
    /// and then <paramref name="failed"/> is called.
    /// </summary>
    public RemoveQueue(QueueDefinition queue, ChannelRequest request, Action answer, Action failed)
    {
        _queue = queue;
        _request = request;
        _answer = answer;
        _failed = failed;
    }

    /// <summary>An operator deleted it.</summary>
    public RemoveQueue(QueueDefinition queue, TaskCompletionSource done)
    {
        _queue = queue;
        _answer = done.SetResult;
        _done = done;
    }

    // It has closed, and goes when it can.
    internal override DefinitionsChange? Remainder => new RemoveQueue(_queue);

    internal override void Fail(string reason)
    {
        _request?.Fail(Refusals.NotNow(reason));
        _failed?.Invoke();
        _done?.SetException(Refusals.NotNow(reason));
    }

    internal override void Apply(DefinitionsStore store)
    {
        store.Remove(_queue);
        if (_answer is null)
            return;
        if (_request is null)
            store.Answers.WhenAllDurable(_answer);
        else
            store.Answers.WhenGone(_request, _answer);
    }
}
