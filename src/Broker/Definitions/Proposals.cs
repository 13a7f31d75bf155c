using Warren.Broker.Definitions.Entries;
using Warren.Broker.Definitions.Nodes;
using Warren.Cluster;
using Warren.Cluster.Peers;

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
    // What has gone of the next, if it is too large for the room that there was.
    private Proposal? _begun;
    private byte[] _bytes = [];
    private int _sentBytes;

    /// <summary>One has gone in part, and goes on where there was no room.</summary>
    public bool IsBetweenPieces => _begun is not null && ReferenceEquals(_begun, _next?.Value) && _sentBytes > 0;

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
    public void SendAgain()
    {
        _next = _outstanding.First;
        _begun = null;
    }

    /// <summary>The last that declares a queue of a connection's own; null: none is on its way.</summary>
    public Proposal? DeclarationOf(long connectionId)
    {
        for (LinkedListNode<Proposal>? node = _outstanding.Last; node is not null; node = node.Previous)
        {
            if (node.Value.Entry is QueueEntry queue && queue.OwnerConnectionId == connectionId)
                return node.Value;
        }
        return null;
    }

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

    /// <summary>Those up to a number are in the log, though this node has not seen what became of them.</summary>
    public List<Proposal> TakeUpTo(long number)
    {
        List<Proposal> taken = [];
        while (_outstanding.First is { } first && first.Value.Number <= number)
        {
            if (_next == first)
                _next = first.Next;
            taken.Add(first.Value);
            _outstanding.RemoveFirst();
        }
        return taken;
    }

    /// <summary>
    /// Hands on to another node what has not been, as far as there is room; the next time it goes on from there.
    /// </summary>
    public void SendTo(NodeId leader, IPeers peers)
    {
        while (TryPeekUnsent(out Proposal proposal))
        {
            if (!ReferenceEquals(_begun, proposal))
                (_begun, _bytes, _sentBytes) = (proposal, LoggedFormat.Write(proposal.Logged), 0);
            for (; _sentBytes < _bytes.Length; _sentBytes += DefinitionsFrame.MostPieceBytes)
            {
                byte[] piece = DefinitionsFrame.Piece(proposal.Session, proposal.Number, _bytes, _sentBytes);
                if (!peers.TrySend(leader, DefinitionsFrame.Class, DefinitionsFrame.Proposal, piece))
                    return;
            }
            (_begun, _bytes) = (null, []);
            Sent();
        }
    }

    /// <summary>The session is over: none of these will be applied.</summary>
    public List<Proposal> TakeAll()
    {
        List<Proposal> left = [.. _outstanding];
        _outstanding.Clear();
        _next = null;
        _begun = null;
        _lastNumber = 0;
        return left;
    }
}
