using Warren.Cluster.Links;

namespace Warren.Cluster.Peers;

/// <summary>
/// A part of the node that talks with its like on other nodes. Called on the links' own loops: post it on and return,
/// wait for nothing, throw nothing. Of one peer: up, then frames, then down, then the next up; frames that came by a
/// relay may come while the peer's link is down.
/// </summary>
public interface IPeerUser
{
    /// <summary>Both directions work. May send at once.</summary>
    void LinkUp(PeerIdentity peer);

    /// <summary>What was sent and not handled on the other side may be lost.</summary>
    /// <param name="peer">Whose link.</param>
    /// <param name="end">What that says of the peer.</param>
    void LinkDown(PeerIdentity peer, LinkEnd end);

    /// <summary>While the link is up, a few times a second. Most parts ask for nothing of it.</summary>
    /// <param name="peer">Who is alive.</param>
    /// <param name="heartbeat">What it says of itself.</param>
    void HeartbeatArrived(NodeId peer, in PeerHeartbeat heartbeat)
    {
    }

    /// <summary>
    /// A frame of the user's range. Its credit must be given back, its body is valid until the call returns.
    /// </summary>
    void FrameArrived(in PeerFrame frame);

    /// <summary>A class whose frames were turned away has room again.</summary>
    void RoomAgain(NodeId peer, LinkClass linkClass);
}
