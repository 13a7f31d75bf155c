namespace Warren.Cluster.Links;

/// <summary>What came of asking a node for a link that is none between members: a link, or why not.</summary>
public sealed record VisitOutcome(PeerLink? Link, Refusal? Refusal);
