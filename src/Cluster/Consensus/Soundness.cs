namespace Warren.Cluster.Consensus;

/// <summary>Whether a member may count.</summary>
public enum Soundness : byte
{
    Sound = 0,

    /// <summary>Something is lost; it wants a whole snapshot and takes no entries.</summary>
    NeedsSnapshot = 1,

    /// <summary>It has the snapshot, and not yet all that its leader had committed when that was complete.</summary>
    CatchingUp = 2,
}
