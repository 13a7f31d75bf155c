namespace Warren.Cluster.Links;

/// <summary>
/// The credit that a received frame holds. Whoever has taken the frame in for good (handled it, or put it where
/// another bound holds) gives it back, once: only then may the sender send as much again. May be stored and given back
/// on any thread, also when the link is gone.
/// </summary>
public readonly record struct FrameCredit
{
    private readonly PeerLink? _link;
    private readonly LinkClass _class;
    private readonly int _sizeBytes;

    internal FrameCredit(PeerLink link, LinkClass linkClass, int sizeBytes)
    {
        _link = link;
        _class = linkClass;
        _sizeBytes = sizeBytes;
    }

    public void Return() => _link?.ReturnCredit(_class, _sizeBytes);
}
