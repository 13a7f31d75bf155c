namespace Warren.Broker.Queues.Remote;

/// <summary>Why the other end says that a line is over; the numbers are on the wire.</summary>
internal enum LineClosed : byte
{
    /// <summary>No such line, or none any more.</summary>
    NoSuchLine = 0,

    /// <summary>No such queue, or none any more.</summary>
    NoSuchQueue = 1,

    /// <summary>The node does not lead this replicated queue.</summary>
    NotLeading = 2,

    /// <summary>The queue is replicated now; of this line nothing was taken.</summary>
    Moved = 3,
}
