namespace Warren.Cluster.Links;

/// <summary>The furthest that a peer's data directory was ever seen; kept by the owner across restarts.</summary>
/// <param name="Boot">Its highest boot number.</param>
/// <param name="Process">The process at that boot; 0: not known.</param>
/// <param name="DurableLsn">Its highest durable LSN.</param>
public readonly record struct PeerRecord(long Boot, long Process, long DurableLsn)
{
    /// <summary>Both, whichever is further.</summary>
    public PeerRecord With(PeerRecord other) => new(
        Math.Max(Boot, other.Boot),
        other.Boot > Boot || Process == 0 ? other.Process : Process,
        Math.Max(DurableLsn, other.DurableLsn));
}
