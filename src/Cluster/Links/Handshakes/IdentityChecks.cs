namespace Warren.Cluster.Links;

/// <summary>What the links themselves demand of a peer that has proved the cookie. Pure.</summary>
internal static class IdentityChecks
{
    /// <summary>Null if nothing is wrong.</summary>
    /// <param name="self">This node.</param>
    /// <param name="peer">The other.</param>
    /// <param name="purpose">What the connection is for.</param>
    /// <param name="seen">The furthest that this identity was seen.</param>
    public static Refusal? Check(PeerIdentity self, PeerIdentity peer, LinkPurpose purpose, PeerRecord seen)
    {
        if (purpose == LinkPurpose.Command)
            return null;
        if (peer.NodeId.IsNone || self.NodeId.IsNone)
            return RefusalText.NotMember(peer.NodeId.IsNone ? peer : self);
        if (peer.NodeId == self.NodeId)
        {
            return peer.Process == self.Process && peer.Name == self.Name
                ? RefusalText.Itself(self)
                : RefusalText.SameIdentity(self, peer);
        }
        if (peer.Name == self.Name)
            return RefusalText.SameName(self, peer);
        if (purpose == LinkPurpose.Peer && peer.ClusterId != self.ClusterId)
            return RefusalText.WrongCluster(self, peer);
        if (purpose == LinkPurpose.Peer && peer.Generation != self.Generation)
            return RefusalText.WrongGeneration(self, peer);
        // A running process does not go back; what it said in this handshake may be older than its last heartbeat.
        if (peer.Process == seen.Process)
            return null;
        if (peer.Boot < seen.Boot || peer.DurableLsn < seen.DurableLsn)
            return RefusalText.WentBack(peer, seen);
        // A directory without a log counts no starts: whoever waits to found a cluster may start again.
        bool isCopied = peer.Boot > 0 && peer.Boot == seen.Boot && seen.Process != 0;
        return isCopied ? RefusalText.SameIdentity(peer, peer) : null;
    }
}
