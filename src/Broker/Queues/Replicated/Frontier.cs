namespace Warren.Broker.Queues.Replicated;

/// <summary>
/// How far messages of each priority may be handed out: the log says so ahead of it, and what it says is committed
/// before anything behind it goes. So the next leader knows what nobody can have had. Pure; owned by the queue's turn.
/// <para>It is raised when half of it has been used up, so that nobody waits for it while messages flow, and by as much
/// as goes in a second or so: what lies between and is never handed out counts, too, as if it had been.</para>
/// </summary>
internal sealed class Frontier
{
    /// <summary>So many positions ahead of what goes next, where little goes.</summary>
    public const int LeastAhead = 64;

    /// <summary>At most so many. In a tenth of a second less is handed out.</summary>
    public const int MostAhead = 65_536;

    /// <summary>Raised again within this time, it is raised by more.</summary>
    private const long SoonMs = 250;

    /// <summary>Not raised for so long, by less.</summary>
    private const long LateMs = 5000;

    private readonly Queue<(long Index, long[] Positions)> _proposed = new(0);
    private long[] _reserved;
    private long _ahead = LeastAhead;
    private long _raisedMs = long.MinValue / 2;

    /// <param name="known">By priority, what the log says, or what is known otherwise.</param>
    public Frontier(long[] known) => Allowed = _reserved = known;

    /// <summary>By priority, up to which position messages may be handed out now. It does not change.</summary>
    public long[] Allowed { get; private set; }

    /// <summary>By priority, what the log is to say next. It does not change.</summary>
    public long[] Reserved => _reserved;

    /// <summary>
    /// Somebody is there to whom messages are handed out: raises it if that is due, for the log to say. True: then it
    /// is to be said. <paramref name="isAnyway"/>: the log says something in any case, so that it is raised earlier.
    /// </summary>
    public bool Raise(INewMessages queue, long tail, long nowMs, bool isAnyway)
    {
        if (!IsDue(queue, tail, isAnyway ? _ahead * 3 / 4 : _ahead / 2))
            return false;
        if (nowMs - _raisedMs < SoonMs)
            _ahead = Math.Min(_ahead * 4, MostAhead);
        else if (nowMs - _raisedMs > LateMs)
            _ahead = Math.Max(_ahead / 4, LeastAhead);
        _raisedMs = nowMs;
        long[] raised = new long[_reserved.Length];
        for (int priority = 0; priority < raised.Length; priority++)
            raised[priority] = Math.Max(_reserved[priority], Next(queue, priority, tail) + _ahead);
        _reserved = raised;
        return true;
    }

    /// <summary>The log says what is <see cref="Reserved"/>, by the entry of this index.</summary>
    public void Propose(long index)
    {
        if (_proposed.Count > 0 ? _proposed.Last().Positions != _reserved : Allowed != _reserved)
            _proposed.Enqueue((index, _reserved));
    }

    /// <summary>All up to here is committed.</summary>
    public void Commit(long index)
    {
        while (_proposed.TryPeek(out (long Index, long[] Positions) first) && first.Index <= index)
            Allowed = _proposed.Dequeue().Positions;
    }

    private bool IsDue(INewMessages queue, long tail, long least)
    {
        for (int priority = 0; priority < _reserved.Length; priority++)
        {
            if (_reserved[priority] - Next(queue, priority, tail) < least)
                return true;
        }
        return false;
    }

    // What of this priority is handed out next, not counting what has been handed out before.
    private static long Next(INewMessages queue, int priority, long tail) =>
        queue.FirstNew(priority) is > 0 and long first ? first : tail;
}
