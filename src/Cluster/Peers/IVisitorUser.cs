using Warren.Cluster.Links;

namespace Warren.Cluster.Peers;

/// <summary>
/// Serves the links of one purpose that are none between members (<see cref="LinkPurpose"/>), on both sides. Called on
/// the links' own loops, as <see cref="IPeerUser"/> is; of one link: up, then frames, then down.
/// </summary>
public interface IVisitorUser
{
    void LinkUp(PeerLink link);

    void LinkDown(PeerLink link, string reason);

    /// <summary>Its credit must be given back, its body is valid until the call returns.</summary>
    void FrameArrived(in PeerFrame frame);

    /// <summary>A class whose frames were turned away has room again.</summary>
    void RoomAgain(PeerLink link, LinkClass linkClass);
}
