namespace Warren.Broker.Queues;

/// <summary>
/// What a <see cref="QueueCommand"/> asks; each is a method of <see cref="QueueMachine"/>, but Credit.
/// </summary>
public enum QueueCommandKind : byte
{
    Publish,
    Settle,
    Reject,
    Requeue,
    Return,
    AddConsumer,
    CancelConsumer,
    Resume,
    Written,
    Get,
    Purge,
    Status,
    Close,
    Configure,
    Tick,

    /// <summary>Moves waiting messages out of slabs that are mostly dead.</summary>
    Compact,

    /// <summary>
    /// The commands before this one, of this connection, have been handled: it may post that much more.
    /// </summary>
    Credit,
}
