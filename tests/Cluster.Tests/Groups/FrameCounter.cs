using Warren.Cluster.Links;
using Warren.Cluster.Peers;

namespace Warren.Cluster.Tests.Groups;

/// <summary>How long the frames are that come.</summary>
internal sealed class FrameCounter : IPeerUser
{
    public List<int> Lengths { get; } = [];

    public void LinkUp(PeerIdentity peer)
    {
    }

    public void LinkDown(PeerIdentity peer, LinkEnd end)
    {
    }

    public void FrameArrived(in PeerFrame frame) => Lengths.Add(frame.Body.Length);

    public void RoomAgain(NodeId peer, LinkClass linkClass)
    {
    }
}
