namespace Warren.Broker.Connections;

/// <summary>What can happen to a connection; each is handled in its turn.</summary>
public enum ConnectionEventKind : byte
{
    /// <summary>The socket gave bytes: they are in the input buffer.</summary>
    Received,

    /// <summary>The client closed the socket, or it failed.</summary>
    InputEnded,

    /// <summary>A channel's request was answered: its deferred frames go on.</summary>
    Resume,

    /// <summary>A channel's request failed: the channel or the connection closes.</summary>
    Failed,

    /// <summary>A channel's request found what may be out of date: it is made again behind a barrier.</summary>
    LooksAgain,

    /// <summary>Queues have handled what was posted: reading may go on.</summary>
    CreditReturned,

    /// <summary>Nothing more can be written: the output was ended, or the socket failed.</summary>
    OutputEnded,

    /// <summary>An alarm was raised or cleared, or concerns other queues than before.</summary>
    AlarmChanged,

    /// <summary>A queue ended one of the connection's consumers.</summary>
    ConsumerEnded,

    /// <summary>A queue has taken back what a consumer, attached or not, did not settle in time.</summary>
    ConsumerOverdue,

    /// <summary>Places in a channel's shared prefetch are free: the count.</summary>
    PlaceReturned,

    /// <summary>Nothing was sent for half the heartbeat interval.</summary>
    HeartbeatDue,

    /// <summary>Nothing was received for too long, or the handshake took too long.</summary>
    TimedOut,

    /// <summary>The node closes the connection.</summary>
    Shutdown,

    /// <summary>What the connection owned exclusively is gone: it may say goodbye.</summary>
    OwnedDeleted,

    /// <summary>Somebody asks how it is: a task to be completed.</summary>
    Described,
}
