namespace Warren.Broker.Definitions;

/// <summary>
/// What this node has proposed in its session and not seen applied, by number. It goes to the leader in order, and all
/// of it again when it may have been lost: the log takes each number once. Owned by the definitions' turn.
/// </summary>
internal sealed class Proposals
{
    private readonly LinkedList<Proposal> _outstanding = new();
    private LinkedListNode<Proposal>? _next;
    private long _lastNumber;

    public int Count => _outstanding.Count;

    public long NextNumber() => ++_lastNumber;

    public void Add(Proposal proposal)
    {
        LinkedListNode<Proposal> node = _outstanding.AddLast(proposal);
        _next ??= node;
    }

    /// <summary>The next that has not been handed on; it counts as such with <see cref="Sent"/>.</summary>
    public bool TryPeekUnsent(out Proposal proposal)
    {
        proposal = _next?.Value!;
        return _next is not null;
    }

    public void Sent() => _next = _next!.Next;

    /// <summary>Whatever was handed on may be lost.</summary>
    public void SendAgain() => _next = _outstanding.First;

    /// <summary>One of this session's is applied; false if it is none that is waited for.</summary>
    public bool TryTake(long session, long number, out Proposal proposal)
    {
        proposal = _outstanding.First?.Value!;
        if (proposal is null || proposal.Session != session || proposal.Number != number)
            return false;
        if (_next == _outstanding.First)
            _next = _next?.Next;
        _outstanding.RemoveFirst();
        return true;
    }

    /// <summary>The session is over: none of these will be applied.</summary>
    public List<Proposal> TakeAll()
    {
        List<Proposal> left = [.. _outstanding];
        _outstanding.Clear();
        _next = null;
        _lastNumber = 0;
        return left;
    }
}
