namespace Warren.Cluster.Links;

/// <summary>What the end of a link says of the node on its other side.</summary>
public enum LinkEnd : byte
{
    /// <summary>Nothing: it may go on without the link.</summary>
    Lost,

    /// <summary>
    /// Its process has ended: its system has closed the connection in an orderly way. A process that lives says goodbye
    /// before it does so, or resets the connection.
    /// </summary>
    PeerGone,

    /// <summary>Nothing came from it for the silence timeout.</summary>
    Silent,
}
