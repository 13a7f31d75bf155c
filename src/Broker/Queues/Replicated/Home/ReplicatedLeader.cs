namespace Warren.Broker.Queues.Replicated;

/// <summary>
/// A replicated queue that this node leads, as lines find it, and how many of them still post to it. Any thread; its
/// lock guards two fields and nothing is called under it.
/// </summary>
internal sealed class ReplicatedLeader(long queueId, QueueHome queue, long term)
{
    private readonly Lock _lock = new();
    private int _visits;
    private bool _isEnding;
    private Action? _ended;

    /// <summary>The queue's id.</summary>
    public long QueueId => queueId;

    /// <summary>Where commands are posted.</summary>
    public QueueHome Queue => queue;

    /// <summary>Its members, once they are known.</summary>
    public ReplicaStanding? Standing => (queue as ReplicatedQueue)?.Standing;

    /// <summary>What is to be said of its time; null: nothing.</summary>
    public TimeWord? TimeWord => (queue as ReplicatedQueue)?.Time.Word;

    /// <summary>In which the node was elected.</summary>
    public long Term => term;

    /// <summary>A visit is about to post; false: the queue is not led here any more.</summary>
    public bool TryEnter()
    {
        lock (_lock)
        {
            if (_isEnding)
                return false;
            _visits++;
            return true;
        }
    }

    /// <summary>A visit has posted its last command.</summary>
    public void Leave()
    {
        Action? ended;
        lock (_lock)
            ended = --_visits == 0 && _isEnding ? _ended : null;
        ended?.Invoke();
    }

    /// <summary>Nobody enters any more; <paramref name="ended"/> is called, once, when the last has left.</summary>
    public void End(Action ended)
    {
        bool isEmpty;
        lock (_lock)
        {
            if (_isEnding)
                throw new InvalidOperationException($"Queue {queueId} has ended being led in term {term} before.");
            _isEnding = true;
            _ended = ended;
            isEmpty = _visits == 0;
        }
        if (isEmpty)
            ended();
    }
}
