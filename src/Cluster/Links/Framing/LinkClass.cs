namespace Warren.Cluster.Links;

/// <summary>
/// What a frame on a peer link is about, in the order of urgency: each class has its own queue and its own credit, and
/// waits for no class below it. The numbers are on the wire.
/// </summary>
public enum LinkClass : byte
{
    /// <summary>
    /// The link's own frames (heartbeats, credit, reachability). Nobody else sends them; they need no credit, since
    /// there is at most one of each waiting.
    /// </summary>
    Link = 0,

    /// <summary>Consensus, commands, definitions: what must go on while messages are stuck.</summary>
    Control = 1,

    /// <summary>Verdicts, settlements, claims: what lets messages go.</summary>
    Acknowledgements = 2,

    Publishes = 3,

    Deliveries = 4,

    /// <summary>Snapshots and catching up, in pieces.</summary>
    Bulk = 5,
}
