namespace Warren.Faults.Clusters;

/// <summary>How a queue lives in the cluster.</summary>
internal enum SharedQueueKind
{
    /// <summary>A classic queue on one node.</summary>
    OneHome,

    /// <summary>A quorum queue with members on several nodes.</summary>
    Quorum,

    /// <summary>A classic queue with members on several nodes, by a policy.</summary>
    Mirrored,
}
