namespace Warren.Faults.Clients;

/// <summary>How a consumer settles a message.</summary>
internal enum Settlement
{
    /// <summary>It is done.</summary>
    Ack,

    /// <summary>It goes back to the queue.</summary>
    Requeue,

    /// <summary>It is dropped, or goes to the dead-letter queue.</summary>
    Reject,
}
