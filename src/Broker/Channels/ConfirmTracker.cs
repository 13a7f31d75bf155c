namespace Warren.Broker.Channels;

/// <summary>
/// Turns the verdicts of one channel's publishes, which come in any order, into as few frames as the client may be
/// sent: one multiple ack for the settled prefix, single ones for what is settled beyond it. Owned by the writer loop.
/// Invariant: everything below <see cref="_next"/> has been told; <see cref="_told"/> holds what was told at or above
/// it.
/// </summary>
internal sealed class ConfirmTracker
{
    private readonly HashSet<ulong> _told = [];
    private readonly List<ulong> _early = [];
    private ulong _next = 1;
    private ulong _prefixFrom = 1;
    private bool _prefixHasAck;

    /// <summary>Everything up to this number has been told. The writer loop's; others may read an old value.</summary>
    public ulong ToldUpTo => Volatile.Read(ref _next) - 1;

    /// <summary>Whether a flush has something to tell.</summary>
    public bool IsDirty => _prefixHasAck || _early.Count > 0;

    /// <summary>
    /// Room that the next flush needs at most: one frame of 21 bytes for the prefix and for each early one.
    /// </summary>
    public int MostFlushBytes => 21 * (_early.Count + 1);

    /// <summary>An accepted publish; told at the next flush.</summary>
    public void Accept(ulong sequence)
    {
        if (sequence == _next)
        {
            _next++;
            _prefixHasAck = true;
            SkipTold();
            return;
        }
        _early.Add(sequence);
    }

    /// <summary>A rejected publish; the caller sends its nack at once.</summary>
    public void Reject(ulong sequence)
    {
        if (sequence != _next)
        {
            _told.Add(sequence);
            return;
        }
        // An ack up to here must not cover the nack: what was accepted before it is told first, by the caller's flush.
        _next++;
        _prefixFrom = _next;
        SkipTold();
    }

    /// <summary>
    /// What to send: an ack of everything up to <paramref name="upTo"/> (0: none), <paramref name="multiple"/> if it
    /// covers more than one, and single acks for <paramref name="singles"/> (cleared by the next flush).
    /// </summary>
    public void Flush(out ulong upTo, out bool multiple, List<ulong> singles)
    {
        singles.Clear();
        // The prefix may have caught up with what came early.
        _early.Sort();
        foreach (ulong sequence in _early)
        {
            if (sequence == _next)
            {
                _next++;
                _prefixHasAck = true;
                SkipTold();
            }
            else
            {
                _told.Add(sequence);
                singles.Add(sequence);
            }
        }
        _early.Clear();
        upTo = _prefixHasAck ? _next - 1 : 0;
        multiple = _next - _prefixFrom > 1;
        _prefixFrom = _next;
        _prefixHasAck = false;
    }

    private void SkipTold()
    {
        while (_told.Count > 0 && _told.Remove(_next))
            _next++;
    }
}
