namespace Warren.Micro;

/// <summary>
/// What a queue is, whatever guards it: a FIFO and consumers with credit, served in turn. Whoever calls it makes sure
/// that nobody else does. Deliveries gather for each consumer and are handed over once, at the end of the turn.
/// </summary>
internal sealed class QueueState
{
    private readonly MessageRing _ready = new();
    private readonly List<Consumer> _consumers = [];
    private int _turn;
    private int _withCredit;

    internal void Attach(Consumer consumer)
    {
        _consumers.Add(consumer);
        _withCredit++;
    }

    internal void Publish(ReadOnlySpan<Message> messages) => _ready.Add(messages);

    internal void AddCredit(Consumer consumer, int count)
    {
        if (consumer.Credit == 0)
            _withCredit++;
        consumer.Credit += count;
    }

    /// <summary>Gives ready messages to consumers that may have them, one each in turn.</summary>
    internal void Match()
    {
        while (_ready.Count > 0 && _withCredit > 0)
        {
            Consumer consumer = _consumers[_turn];
            if (++_turn == _consumers.Count)
                _turn = 0;
            if (consumer.Credit == 0)
                continue;
            if (--consumer.Credit == 0)
                _withCredit--;
            consumer.Gathered.Add(_ready.Take());
        }

        foreach (Consumer consumer in _consumers)
        {
            if (consumer.Gathered.Count == 0)
                continue;
            consumer.Post(consumer.Gathered.Items);
            consumer.Gathered.Clear();
        }
    }
}
