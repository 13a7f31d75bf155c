using Warren.Cluster;
using Warren.Cluster.Identity;
using Warren.Cluster.Links;
using Warren.Cluster.Peers;

namespace Warren.Server.Cluster;

/// <summary>The near end of a link of purpose Command: this node asks another what a command would.</summary>
#pragma warning disable CA1001 // The stream ends with the conversation.
internal sealed class CommandCall : IVisitorUser
#pragma warning restore CA1001
{
    private LinkStream? _stream;

    /// <summary>Holds a conversation with a member, as on its control socket, over a link that ends with it.</summary>
    /// <param name="host">This node.</param>
    /// <param name="member">Whom to ask.</param>
    /// <param name="converse">Speaks and listens.</param>
    /// <returns>Why the member could not be reached; null: it was spoken with.</returns>
    public static async Task<string?> HoldAsync(ClusterHost host, NodeName member, Func<Stream, Task> converse)
    {
        if (host.Address is null)
            return host.WhyAlone;
        var call = new CommandCall();
        var hub = new PeerHub(NodeId.None, host);
        hub.Serve(LinkPurpose.Command, call);
        PeerLinks links = host.MakeLinks(
            hub, 0, new NodeIdentity(NodeId.None, ClusterId.None, 0), declines: null, listens: false);
        hub.Attach(links);
        links.Start();
        await using (links.ConfigureAwait(false))
        {
            VisitOutcome visit = await links.VisitAsync(host.Locate(member).Address, LinkPurpose.Command)
                .ConfigureAwait(false);
            if (visit.Link is null)
                return visit.Refusal!.Sentence;
            await using LinkStream stream = call._stream!;
            await converse(stream).ConfigureAwait(false);
            return null;
        }
    }

    public void LinkUp(PeerLink link) => _stream = new LinkStream(link, PeerFrameKind.FirstOfCommands);

    public void LinkDown(PeerLink link, string reason) => _stream!.End();

    public void FrameArrived(in PeerFrame frame) => _stream!.Receive(frame);

    public void RoomAgain(PeerLink link, LinkClass linkClass) => _stream!.MoreRoom();
}
