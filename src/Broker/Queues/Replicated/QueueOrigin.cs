namespace Warren.Broker.Queues.Replicated;

/// <summary>
/// How a node has come to know of a replicated queue: whether it may found its member, or must have had one.
/// </summary>
internal enum QueueOrigin
{
    /// <summary>
    /// Its entry was applied, now or once more by a start: a member that has no group founds it, behind the entry.
    /// </summary>
    Applied,

    /// <summary>
    /// A start found it among what had been compacted: a member that has no group has lost it, and waits for a leader
    /// that brings it all.
    /// </summary>
    Compacted,

    /// <summary>
    /// A leader's snapshot brought it, which stands for entries that this node has never seen: a member that has no
    /// group waits for a leader as well.
    /// </summary>
    Snapshot,
}
