namespace Warren.Cluster.Links;

/// <summary>What both sides know after a handshake that came to its end.</summary>
/// <param name="Peer">The other side, proven.</param>
/// <param name="Purpose">What the dialer wants.</param>
/// <param name="Version">The protocol's version that both speak from now on.</param>
/// <param name="InputSalt">What the checksums of frames that come begin with.</param>
/// <param name="OutputSalt">The same of frames that go.</param>
internal sealed record HandshakeResult(
    PeerIdentity Peer, LinkPurpose Purpose, ushort Version, ulong InputSalt, ulong OutputSalt);
