using Warren.Cluster.Links;
using Warren.Cluster.Peers;

namespace Warren.Server.Cluster;

/// <summary>The near end of a link of purpose Command: this node asks another what a command would.</summary>
#pragma warning disable CA1001 // Whoever has made the call ends the stream.
internal sealed class CommandCall : IVisitorUser
#pragma warning restore CA1001
{
    private LinkStream? _stream;

    /// <summary>On it the same is said as on a control socket; once the visit has its link.</summary>
    public LinkStream Stream => _stream!;

    public void LinkUp(PeerLink link) => _stream = new LinkStream(link, PeerFrameKind.FirstOfCommands);

    public void LinkDown(PeerLink link, string reason) => _stream!.End();

    public void FrameArrived(in PeerFrame frame) => _stream!.Receive(frame);

    public void RoomAgain(PeerLink link, LinkClass linkClass) => _stream!.MoreRoom();
}
