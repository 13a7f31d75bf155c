namespace Warren.Cluster.Links;

/// <summary>
/// Who uses the links: decides whom to link with and gets what comes. All of it is called on the links' own loops: post
/// it on and return, wait for nothing, throw nothing. Of one peer: up, then frames, then down, then the next up.
/// </summary>
public interface IPeerOwner
{
    /// <summary>What the next heartbeats say of this node.</summary>
    LocalState State { get; }

    /// <summary>
    /// A node has proved the cookie and nothing in <see cref="PeerIdentity"/> speaks against it; null: link with it.
    /// </summary>
    Refusal? Judge(PeerIdentity peer, LinkPurpose purpose);

    /// <summary>Both directions work. May send at once.</summary>
    void LinkUp(PeerLink link);

    /// <summary>
    /// The link has ended; what was sent and not handled on the other side may be lost. The reason is for people.
    /// </summary>
    void LinkDown(PeerLink link, string reason);

    /// <summary>A frame. Its credit is to be given back; its body is valid until the call returns.</summary>
    void FrameArrived(in PeerFrame frame);

    void HeartbeatArrived(PeerLink link, PeerHeartbeat heartbeat);

    /// <summary>A class whose frames were turned away has room again.</summary>
    void RoomAgain(PeerLink link, LinkClass linkClass);

    /// <summary>A node has said anew whom it has links with: there may be a way by it, or none any more.</summary>
    void ReachChanged(PeerLink link)
    {
    }

    /// <summary>A link did not come about; told when the reason changes, and of strangers not too often.</summary>
    /// <param name="who">The node's name where it is known, and the address.</param>
    /// <param name="refusal">Why.</param>
    void Refused(string who, Refusal refusal);
}
