namespace Warren.Micro;

/// <summary>The ways to guard a queue's state that are compared.</summary>
internal enum Guard
{
    /// <summary>A mailbox whose turns run on the thread pool.</summary>
    PoolTurns,

    /// <summary>A mailbox whose turn runs on the poster when the queue is idle.</summary>
    InlineTurns,

    /// <summary>A lock held for the length of one batch.</summary>
    Lock,
}
