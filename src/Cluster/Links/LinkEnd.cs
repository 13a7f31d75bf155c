namespace Warren.Cluster.Links;

/// <summary>What the end of a link says of the node on its other side.</summary>
public enum LinkEnd : byte
{
    /// <summary>Nothing: it may go on without the link.</summary>
    Lost,

    /// <summary>
    /// Its process has ended: its system has closed the connection. A process that lives says goodbye, or leaves the
    /// connection as it is.
    /// </summary>
    PeerGone,
}
