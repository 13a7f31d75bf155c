namespace Warren.Broker.Queues.Remote;

/// <summary>What an item on a line is; the numbers are on the wire.</summary>
internal enum LineItemKind : byte
{
    // Posts, to the home.
    Publish = 1,
    Get = 2,
    Purge = 3,
    Status = 4,
    Close = 5,

    /// <summary>Answered by a verdict when everything before it is durable.</summary>
    Sync = 6,

    /// <summary>Whose publishes these are: the first post of a line to a replicated queue.</summary>
    Source = 7,

    /// <summary>What the next publish is known by, whoever sends it again; to the leader of a replicated queue alone.
    /// </summary>
    Origin = 8,

    /// <summary>Of the source's publishes none below this number is asked for any more.</summary>
    AnsweredBelow = 9,

    // Settlements, to the home.
    Acknowledge = 16,
    Reject = 17,
    Requeue = 18,

    /// <summary>The client's channel is gone.</summary>
    Return = 19,

    /// <summary>It never reached the client.</summary>
    Undelivered = 20,

    /// <summary>An acknowledgement of what was delivered on a line that is over.</summary>
    LateAcknowledge = 21,

    Written = 22,
    AddConsumer = 23,
    CancelConsumer = 24,

    /// <summary>A shared prefetch limits the consumer from now on, or does not any more.</summary>
    SetShared = 25,

    /// <summary>Places in the shared prefetch.</summary>
    Grant = 26,

    /// <summary>What comes up to the next of these with the same number has one cause: nothing is delivered meanwhile.
    /// </summary>
    Together = 27,

    // Deliveries, from the home.
    Deliver = 32,
    GetOk = 33,
    Answer = 34,
    ConsumerEnded = 35,
    ConsumerOverdue = 36,

    /// <summary>The consumer's channel is to be closed.</summary>
    CloseChannel = 37,

    /// <summary>The consumer has no place in its shared prefetch left.</summary>
    WantsPlaces = 38,

    /// <summary>Places in the shared prefetch that were not needed.</summary>
    UnusedPlaces = 39,

    /// <summary>What a client holds while the queue becomes a replicated one, and which position it has now.</summary>
    Held = 40,

    /// <summary>What a consumer's connection has not written by then.</summary>
    Unwritten = 41,

    // Verdicts, from the home.
    Verdicts = 48,

    /// <summary>The queue becomes a replicated one: nothing more is to be sent on this line.</summary>
    Moving = 49,

    /// <summary>Nothing more comes on this line; in the lanes of deliveries and of verdicts.</summary>
    Moved = 50,

    /// <summary>
    /// Nothing more comes on this line, which is being moved; in the lanes of posts and of settlements.
    /// </summary>
    Last = 51,

    // Settlements, to the leader of a replicated queue, of what was delivered on lines before this one.
    AcknowledgeAt = 56,
    RejectAt = 57,
    RequeueAt = 58,

    /// <summary>The client's channel is gone.</summary>
    ReturnAt = 59,

    /// <summary>It never reached the client.</summary>
    UndeliveredAt = 60,

    /// <summary>What a consumer, or gets, hold.</summary>
    Claim = 61,

    /// <summary>All claims of the node are said.</summary>
    ClaimsComplete = 62,
}
