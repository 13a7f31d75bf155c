namespace Warren.Cluster.Links;

/// <summary>What came of asking a node for a link that is none between members: a link, or why not.</summary>
/// <param name="Link">It is up.</param>
/// <param name="Refusal">Why there is none.</param>
/// <param name="Peer">Who refused, if it has proved the cookie.</param>
public sealed record VisitOutcome(PeerLink? Link, Refusal? Refusal, PeerIdentity? Peer = null);
