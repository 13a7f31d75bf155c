using Warren.Cluster.Links;

namespace Warren.Cluster.Peers;

/// <summary>
/// The node behind a <see cref="PeerHub"/>: what none of its parts can say alone. Called on the links' own loops: wait
/// for nothing, throw nothing.
/// </summary>
public interface IPeerHost
{
    /// <summary>What the next heartbeats say of this node.</summary>
    LocalState State { get; }

    /// <summary>A node has proved the cookie, and nothing in its identity speaks against it; null: welcome.</summary>
    Refusal? Judge(PeerIdentity peer, LinkPurpose purpose);

    /// <summary>A link between members is up; its users have heard of it.</summary>
    void LinkUp(PeerIdentity peer);

    /// <summary>It has ended; its users have heard of it. The reason is for people.</summary>
    void LinkDown(PeerIdentity peer, string reason);

    /// <summary>A link did not come about.</summary>
    /// <param name="who">The node's name where it is known, and the address.</param>
    /// <param name="refusal">Why.</param>
    void Refused(string who, Refusal refusal);
}
