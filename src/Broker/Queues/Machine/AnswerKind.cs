namespace Warren.Broker.Queues;

/// <summary>How a request to a queue ended. The texts for clients are the shell's.</summary>
public enum AnswerKind : byte
{
    Ok,

    /// <summary>A get found no message.</summary>
    Empty,

    /// <summary>
    /// A consumer was refused: the queue is in exclusive use, or it would have been exclusive and is not alone.
    /// </summary>
    RefusedExclusive,

    /// <summary>A get was refused: quorum queues with a single active consumer know none.</summary>
    RefusedSingleActive,

    /// <summary>A close if unused was refused.</summary>
    InUse,

    /// <summary>A close if empty was refused.</summary>
    NotEmpty,

    /// <summary>The queue had been closed before.</summary>
    Closed,

    /// <summary>The queue's home node cannot be reached.</summary>
    Unavailable,
}
