namespace Warren.Broker.Queues.Remote;

/// <summary>
/// How many lines of other nodes post to a queue that lives here, so that it can be known when all of them have been
/// moved. Any thread; its lock guards its fields and nothing is called under it.
/// </summary>
internal sealed class LineCount
{
    private readonly Lock _lock = new();
    private int _count;
    private bool _isClosed;
    private Action? _moved;

    /// <summary>Lines are to be moved: those that are there, and those that come.</summary>
    public bool IsMoving
    {
        get
        {
            lock (_lock)
                return _moved is not null;
        }
    }

    /// <summary>A line is about to post; false: the queue is served otherwise now.</summary>
    public bool TryEnter()
    {
        lock (_lock)
        {
            if (_isClosed)
                return false;
            _count++;
            return true;
        }
    }

    /// <summary>A line has posted its last command.</summary>
    public void Leave()
    {
        Action? moved;
        lock (_lock)
            moved = --_count == 0 ? Close() : null;
        moved?.Invoke();
    }

    /// <summary>
    /// Lines are to be moved from now on; <paramref name="moved"/> is called, once, when there is none, and none will
    /// come.
    /// </summary>
    public void Move(Action moved)
    {
        Action? closed;
        lock (_lock)
        {
            _moved = moved;
            closed = _count == 0 ? Close() : null;
        }
        closed?.Invoke();
    }

    private Action? Close()
    {
        _isClosed = _moved is not null;
        return _moved;
    }
}
