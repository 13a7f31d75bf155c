namespace Warren.Cluster.Consensus.Messages;

/// <summary>What a follower makes of a chunk.</summary>
public enum SnapshotOutcome : byte
{
    /// <summary>Goes on at the offset: what was there came damaged, or was the chunk before.</summary>
    Continue = 0,

    /// <summary>It has nothing of this attempt; from the beginning.</summary>
    Restart = 1,

    /// <summary>In place, or not needed.</summary>
    Installed = 2,
}
