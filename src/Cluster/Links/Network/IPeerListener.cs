namespace Warren.Cluster.Links;

/// <summary>Listens until it is disposed.</summary>
public interface IPeerListener : IDisposable
{
    /// <summary>Where; with the port that the system chose, if it was asked to.</summary>
    PeerAddress Address { get; }
}
