namespace Warren.Broker.Delays;

/// <summary>
/// The exchange at which messages wait, by name; one object for all that wait there. Owned by the turn of
/// <see cref="DelayedMessages"/>.
/// </summary>
internal sealed class DelayPlace(string vhost, string exchange, bool isReplicated)
{
    public string Vhost { get; } = vhost;

    public string Exchange { get; } = exchange;

    /// <summary>
    /// What waits here is stored on several nodes, all of it, and where is its group's to know.
    /// </summary>
    public bool IsReplicated { get; } = isReplicated;

    /// <summary>The names as a message's entry has them.</summary>
    public byte[] Encoded { get; } = DelayMeta.EncodeNames(vhost, exchange);

    /// <summary>How many messages wait here; it is forgotten with the last.</summary>
    public int Waiting { get; set; }

    /// <summary>How many of them are on their way to queues, and not answered for.</summary>
    public int Departed { get; set; }

    /// <summary>One that has nowhere to go on this node's topology, and those behind it; null: none did.</summary>
    public DelayHold? Unrouted { get; set; }

    /// <summary>It is being asked whether the others know more; for those that were due up to here.</summary>
    public DueTime? Asked { get; set; }

    /// <summary>Of those that were due up to here it is known that nobody knows more.</summary>
    public DueTime Covered { get; set; } = DueTime.Never;
}
