using Warren.Cluster.Links;

namespace Warren.Cluster.Peers;

/// <summary>
/// The way to the other nodes for whoever has something to tell them. Nothing of it waits; any thread.
/// </summary>
public interface IPeers
{
    /// <summary>This node.</summary>
    NodeId Self { get; }

    /// <summary>Its <see cref="PeerIdentity.Process"/>, by which others know it; 0: no link has begun.</summary>
    long Process { get; }

    /// <summary>A link with the node is up.</summary>
    bool IsUp(NodeId peer);

    /// <summary>
    /// A node that this one has a link with has said that it has one with the other: what is of class Control gets
    /// there by it.
    /// </summary>
    bool Reaches(NodeId peer, NodeId other) => false;

    /// <summary>
    /// There was a link, and when the node was dialed since nobody has listened: its process has ended.
    /// </summary>
    bool IsNobodyThere(NodeId peer) => false;

    /// <summary>
    /// Ends the link with the node, if there is one: it has sent what no sound node does, or what came is too old.
    /// </summary>
    /// <param name="peer">Who.</param>
    /// <param name="reason">For people, on both sides.</param>
    void Close(NodeId peer, string reason);

    /// <summary>
    /// Queues a frame. Frames of one class to one node arrive in order or not at all; what was sent before a link went
    /// down may be lost. Those of class Control go by another member while there is no link.
    /// </summary>
    /// <param name="peer">Who gets it.</param>
    /// <param name="linkClass">Not <see cref="LinkClass.Link"/>.</param>
    /// <param name="kind">Of the sender's range, see <see cref="PeerFrameKind"/>.</param>
    /// <param name="body">At most <see cref="PeerLink.MostBodyBytes"/>.</param>
    /// <returns>
    /// False: there is no way, or no room; in the latter case <see cref="IPeerUser.RoomAgain"/> is called when there
    /// is.
    /// </returns>
    bool TrySend(NodeId peer, LinkClass linkClass, ushort kind, ReadOnlySpan<byte> body);

    /// <summary>Hears from now on of links, and gets the frames of a range. Before the first link.</summary>
    /// <param name="firstKind">The range's first, see <see cref="PeerFrameKind"/>; it has 256.</param>
    /// <param name="user">Who.</param>
    void Register(ushort firstKind, IPeerUser user);
}
