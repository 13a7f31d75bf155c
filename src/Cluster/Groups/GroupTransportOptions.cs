namespace Warren.Cluster.Groups;

/// <summary>What messages of groups may take on their way; the same for all members of a cluster.</summary>
public sealed record GroupTransportOptions
{
    /// <summary>
    /// The longest message: a body of 512 MiB, which is RabbitMQ's limit, and what goes with it in an append.
    /// </summary>
    public int MostMessageBytes { get; init; } = 640 * 1024 * 1024;

    /// <summary>
    /// Large messages that wait for one node's link, bytes; one more, if others wait, is lost and sent again by
    /// consensus. Four groups that fill their windows at once.
    /// </summary>
    public int WaitingBulkBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>Small ones that wait while the class's queue is full, bytes: a queue's worth.</summary>
    public int WaitingControlBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>
    /// Groups whose messages are under way in pieces at once: a short catching-up does not wait for a long one, and the
    /// receiver holds no more beginnings than that.
    /// </summary>
    public int MostOpenMessages { get; init; } = 8;
}
