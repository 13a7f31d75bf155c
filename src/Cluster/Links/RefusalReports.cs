namespace Warren.Cluster.Links;

/// <summary>
/// Tells the owner of links that did not come about: of nodes that are dialed each new reason once, of strangers only a
/// few between two ticks, so that nobody fills a log; nothing any more once the node stops.
/// </summary>
internal sealed class RefusalReports(IPeerOwner owner)
{
    private const int MostStrangers = 2;

    private int _strangers;
    private volatile bool _isMute;

    public void Mute() => _isMute = true;

    /// <summary>Strangers may be told again.</summary>
    public void Tick() => Volatile.Write(ref _strangers, 0);

    public void Tell(PeerContact contact, PeerAddress address, Refusal refusal)
    {
        if (!_isMute && refusal.Code != RefusalCode.AlreadyLinked)
            owner.Refused($"{contact.Known.Name} at {address}", refusal);
    }

    /// <summary>Of a connection that came in: a node that proved the cookie by its name, else by the address.</summary>
    public void TellStranger(string remote, PeerIdentity? peer, Refusal refusal)
    {
        if (!_isMute && refusal.Code != RefusalCode.AlreadyLinked
            && Interlocked.Increment(ref _strangers) <= MostStrangers)
            owner.Refused(peer is null ? remote : $"{peer.Name} at {remote}", refusal);
    }
}
