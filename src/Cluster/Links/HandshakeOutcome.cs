namespace Warren.Cluster.Links;

/// <summary>How a handshake ended: one of the first two is there.</summary>
internal sealed record HandshakeOutcome(HandshakeResult? Result, Refusal? Refusal, PeerIdentity? Peer);
