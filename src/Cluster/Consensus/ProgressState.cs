namespace Warren.Cluster.Consensus;

/// <summary>How a leader sends to a member.</summary>
internal enum ProgressState
{
    /// <summary>One append at a time, until it is known where the logs part.</summary>
    Probe,

    /// <summary>Appends follow each other, within the bytes that may be in flight.</summary>
    Replicate,

    /// <summary>A snapshot, and no entries.</summary>
    Snapshot,
}
