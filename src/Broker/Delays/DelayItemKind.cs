namespace Warren.Broker.Delays;

/// <summary>What is posted to <see cref="DelayedMessages"/>.</summary>
internal enum DelayItemKind : byte
{
    /// <summary>Look at the clock.</summary>
    Tick,

    /// <summary>A message begins to wait.</summary>
    Add,

    /// <summary>All queues that a stored message went to have taken or refused it.</summary>
    Arrived,

    /// <summary>The same for a message that was not stored.</summary>
    Answered,

    /// <summary>Something that is waited for is on stable storage.</summary>
    Durable,

    /// <summary>Bytes that had left memory have been read.</summary>
    Fetched,

    /// <summary>Records were copied.</summary>
    Moved,

    /// <summary>All is applied here that was committed when messages of an exchange had nowhere to go.</summary>
    LookAgain,

    /// <summary>Nobody can say whether messages that have nowhere to go have so on all nodes.</summary>
    NotReached,

    /// <summary>This node may route again.</summary>
    MayRoute,

    /// <summary>Several nodes keep the messages of some exchange from now on.</summary>
    Stores,

    /// <summary>What is being moved there has been answered.</summary>
    Moving,
}
