namespace Warren.Storage.Disk;

/// <summary>What a power cut leaves of what was not synced.</summary>
public enum CrashMode
{
    /// <summary>Nothing.</summary>
    LoseAll,

    /// <summary>Everything, but for what a failed sync dropped.</summary>
    KeepAll,

    /// <summary>
    /// What came before one moment, over all files and names; the change of that moment is torn between two sectors.
    /// </summary>
    Prefix,

    /// <summary>
    /// Each 512-byte sector of each write on its own, so that a later write may be there without an earlier one; the
    /// sizes of each file up to some change, which may be torn; the names of each directory up to some change.
    /// </summary>
    Sectors,
}
