namespace Warren.Broker.Queues;

/// <summary>Why a queue was closed.</summary>
public enum CloseReason : byte
{
    /// <summary>queue.delete, or its definition was deleted in another way.</summary>
    Deleted,

    /// <summary>The connection that owned an exclusive queue is gone.</summary>
    OwnerGone,

    /// <summary>The last consumer of an auto-delete queue is gone.</summary>
    AutoDelete,

    /// <summary>Unused for <c>x-expires</c>.</summary>
    Expired,

    /// <summary>The node stops.</summary>
    Shutdown,
}
