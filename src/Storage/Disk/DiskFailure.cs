namespace Warren.Storage.Disk;

/// <summary>What kind of refusal it was, as far as a caller acts on it.</summary>
public enum DiskFailure
{
    /// <summary>Whatever has no value of its own: an I/O error, a missing permission.</summary>
    Other,

    /// <summary>No space, or no quota, left.</summary>
    NoSpace,

    /// <summary>There is no such file.</summary>
    Missing,

    /// <summary>Another process has it.</summary>
    Locked,
}
