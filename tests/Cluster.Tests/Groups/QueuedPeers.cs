using Warren.Cluster.Links;
using Warren.Cluster.Peers;

namespace Warren.Cluster.Tests.Groups;

/// <summary>
/// A link between two nodes that a test moves by hand: a bounded queue a class, of which frames are taken one by one.
/// </summary>
internal sealed class QueuedPeers(NodeId self, PeerIdentity other) : IPeers
{
    private readonly Queue<(ushort Kind, byte[] Body)>[] _queues =
        [.. Enumerable.Range(0, 6).Select(_ => new Queue<(ushort, byte[])>())];
    private readonly int[] _waiting = new int[6];
    private readonly bool[] _isAwaited = new bool[6];
    private IPeerUser? _user;

    public NodeId Self { get; } = self;

    public PeerIdentity Other { get; } = other;

    /// <summary>Of each class.</summary>
    public int QueueBytes { get; set; } = 4 * 1024 * 1024;

    public bool IsLinked { get; private set; }

    /// <summary>A link comes up just when the next frame has been turned away for want of one.</summary>
    public bool ComesUpTooLate { get; set; }

    public IPeerUser User => _user!;

    public int Waiting(LinkClass linkClass) => _queues[(int)linkClass].Count;

    public long Process => 1;

    public bool IsUp(NodeId peer) => IsLinked;

    public void Close(NodeId peer, string reason) => throw new InvalidOperationException(reason);

    public bool TrySend(NodeId peer, LinkClass linkClass, ushort kind, ReadOnlySpan<byte> body)
    {
        if (body.Length > PeerLink.MostBodyBytes)
            throw new ArgumentException("longer than a frame");
        if (!IsLinked)
        {
            IsLinked = ComesUpTooLate;
            return false;
        }
        if (_waiting[(int)linkClass] + body.Length > QueueBytes)
        {
            _isAwaited[(int)linkClass] = true;
            return false;
        }
        _waiting[(int)linkClass] += body.Length;
        _queues[(int)linkClass].Enqueue((kind, body.ToArray()));
        return true;
    }

    public void Register(ushort firstKind, IPeerUser user) => _user = user;

    public void Up()
    {
        IsLinked = true;
        User.LinkUp(Other);
    }

    public void Down()
    {
        IsLinked = false;
        foreach (Queue<(ushort, byte[])> queue in _queues)
            queue.Clear();
        Array.Clear(_waiting);
        Array.Clear(_isAwaited);
        User.LinkDown(Other, LinkEnd.Lost);
    }

    /// <summary>Takes the next frame of a class to the other side; false if there is none.</summary>
    public bool Move(LinkClass linkClass, QueuedPeers to)
    {
        if (!_queues[(int)linkClass].TryDequeue(out (ushort Kind, byte[] Body) frame))
            return false;
        _waiting[(int)linkClass] -= frame.Body.Length;
        to.User.FrameArrived(new PeerFrame
        {
            From = Self,
            Link = null!,
            Class = linkClass,
            Kind = frame.Kind,
            Body = frame.Body,
            Credit = default,
        });
        if (_isAwaited[(int)linkClass] && _waiting[(int)linkClass] <= QueueBytes / 2)
        {
            _isAwaited[(int)linkClass] = false;
            User.RoomAgain(Other.NodeId, linkClass);
        }
        return true;
    }

    /// <summary>Takes all there is, the most urgent first, and what comes of it.</summary>
    public void MoveAll(QueuedPeers to)
    {
        while (true)
        {
            LinkClass linkClass = LinkClass.Control;
            while (linkClass <= LinkClass.Bulk && !Move(linkClass, to))
                linkClass++;
            if (linkClass > LinkClass.Bulk)
                return;
        }
    }
}
