namespace Warren.Cluster.Links;

/// <summary>Why two nodes do not link. The numbers are on the wire; an unknown one is a refusal too.</summary>
public enum RefusalCode : ushort
{
    /// <summary>None: accepted.</summary>
    None = 0,

    /// <summary>What came is no handshake of ours, or not whole, or longer than allowed.</summary>
    Malformed = 1,

    /// <summary>The ranges of protocol versions do not meet.</summary>
    NoCommonVersion = 2,

    /// <summary>The proof does not match: the two have different cookies.</summary>
    WrongCookie = 3,

    /// <summary>Members of two clusters, or a member and a node that is none.</summary>
    WrongCluster = 4,

    /// <summary>The same cluster before and after it was begun anew by force.</summary>
    WrongGeneration = 5,

    /// <summary>Two nodes of one name.</summary>
    SameName = 6,

    /// <summary>Two running nodes of one identity: a data directory was copied.</summary>
    SameIdentity = 7,

    /// <summary>A node has dialed itself.</summary>
    Itself = 8,

    /// <summary>The identity was removed from the cluster.</summary>
    Forgotten = 9,

    /// <summary>The data directory is older than what the other side has already seen of it.</summary>
    WentBack = 10,

    /// <summary>Another node than the one that was dialed answers there.</summary>
    OtherNode = 11,

    /// <summary>The node is no member.</summary>
    NotMember = 12,

    /// <summary>There is a link between the two; this one is not needed.</summary>
    AlreadyLinked = 13,

    /// <summary>Too many handshakes at once.</summary>
    Busy = 14,

    /// <summary>It took longer than the handshake's time.</summary>
    TimedOut = 15,

    /// <summary>The connection could not be made, or ended within the handshake.</summary>
    Unreachable = 16,

    /// <summary>The TLS handshake failed.</summary>
    Tls = 17,

    /// <summary>The node stops.</summary>
    Stopping = 18,

    /// <summary>The owner's reason, in its own words.</summary>
    Declined = 19,

    /// <summary>
    /// The node does not run, and cannot say whether it is in a cluster, or in which: it is not to be taken for blank.
    /// </summary>
    Unidentified = 20,
}
