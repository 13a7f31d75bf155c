namespace Warren.Cluster.Links;

/// <summary>
/// What a node does with frames that are under way through a third node: passes them on, takes those that are for it,
/// and tells senders when a stream broke. One hop: what came through a relay is not relayed again.
/// </summary>
internal sealed class RelayStation(PeerLinksSetup setup, PeerTable peers)
{
    private readonly LinkFrameHandler _taken = setup.Owner.FrameArrived;

    /// <summary>A frame of the links' own kinds in class Control.</summary>
    public void Handle(in PeerFrame frame)
    {
        switch (frame.Kind)
        {
            case LinkKind.Relayed when RelayHeader.TryRead(frame.Body, out RelayHeader header):
                if (header.Target == setup.Self.NodeId)
                    Take(header, frame);
                else
                    PassOn(header, frame);
                break;
            case LinkKind.RelayRefused when RelayHeader.TryReadRefused(frame.Body, out RelayHeader header):
                frame.Credit.Return();
                if (header.Origin == setup.Self.NodeId)
                    peers.Find(header.Target)?.Outgoing.Refused(header.Boot, header.Stream);
                else if (header.Target == frame.From)
                    Refuse(header);
                break;
            case LinkKind.Relayed or LinkKind.RelayRefused:
                frame.Credit.Return();
                frame.Link.Close($"a relayed frame from {frame.Link.Peer.Name} holds what cannot be");
                break;
            // A kind of a later version: neighbours ignore what they do not know.
            default:
                frame.Credit.Return();
                break;
        }
    }

    private void Take(in RelayHeader header, in PeerFrame frame)
    {
        // Only nodes that this one would link with: known to the owner, or met before.
        bool isTaken = peers.Find(header.Origin) is { IsRemoved: false } origin && origin.Incoming.TryTake(
            header,
            _taken,
            new PeerFrame
            {
                From = header.Origin,
                Link = frame.Link,
                Class = LinkClass.Control,
                Kind = header.Kind,
                Body = frame.Body[RelayHeader.SizeBytes..],
                Credit = frame.Credit,
            });
        if (isTaken)
            return;
        frame.Credit.Return();
        SendRefused(frame.Link, header);
    }

    private void PassOn(in RelayHeader header, in PeerFrame frame)
    {
        frame.Credit.Return();
        // Nobody speaks for another: the origin is the link's own peer, so a relayed frame goes no further.
        if (header.Origin != frame.Link.Peer.NodeId)
            return;
        PeerLink? link = peers.Find(header.Target)?.Link;
        // What is relayed leaves half of the queue to this node's own frames.
        bool isPassed = link is not null
            && link.WaitingBytes(LinkClass.Control) < setup.Options.QueueBytes / 2
            && link.TrySendAny(LinkClass.Control, LinkKind.Relayed, frame.Body);
        if (!isPassed)
            SendRefused(frame.Link, header);
    }

    private void Refuse(in RelayHeader header)
    {
        if (peers.Find(header.Origin)?.Link is { } link)
            SendRefused(link, header);
    }

    // If there is no room, the next frame of the stream brings the next refusal.
    private static void SendRefused(PeerLink link, in RelayHeader header)
    {
        Span<byte> body = stackalloc byte[RelayHeader.RefusedBytes];
        header.WriteRefused(body);
        link.TrySendAny(LinkClass.Control, LinkKind.RelayRefused, body);
    }
}
