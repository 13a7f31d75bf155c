namespace Warren.Broker.Queues;

/// <summary>What a <see cref="QueueEffect"/> asks of the queue's shell, or tells it.</summary>
public enum QueueEffectKind : byte
{
    /// <summary>Never seen in a list.</summary>
    None,

    /// <summary>A message goes to a consumer.</summary>
    Deliver,

    /// <summary>A message answers a get.</summary>
    GetOk,

    /// <summary>A request is done or refused.</summary>
    Answer,

    /// <summary>A publish is accepted.</summary>
    Confirm,

    /// <summary>A publish is refused.</summary>
    Reject,

    /// <summary>A message leaves for the dead-letter exchange; its slab reference comes with it.</summary>
    DeadLetter,

    /// <summary>Messages are gone; their slab references are given back.</summary>
    Release,

    /// <summary>The queue has dropped a consumer on its own account; the client is to be told.</summary>
    CancelConsumer,

    /// <summary>
    /// What a consumer did not settle in time was taken back: it holds no place in a shared prefetch any more.
    /// </summary>
    FreePlaces,

    /// <summary>A consumer is overdue and its channel is to be closed.</summary>
    CloseChannel,

    /// <summary>A message that waited on disk cannot be read: it is gone.</summary>
    Lost,

    /// <summary>The queue has closed itself; its definition is to be deleted.</summary>
    Closed,
}
