namespace Warren.Storage;

/// <summary>What became of a call to commit.</summary>
public enum CommitOutcome
{
    /// <summary>There was nothing to write.</summary>
    Idle,

    /// <summary>A round is durable, and its owners were told.</summary>
    Committed,

    /// <summary>There is no space: the round is kept, and tried again with the next call.</summary>
    OutOfSpace,

    /// <summary>The log has failed for good.</summary>
    Failed,
}
