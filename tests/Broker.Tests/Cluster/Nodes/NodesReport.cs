namespace Warren.Broker.Tests.Cluster.Nodes;

/// <summary>What has happened in runs of <see cref="NodesSimulation"/>.</summary>
internal record struct NodesReport
{
    /// <summary>Of five milliseconds each.</summary>
    public long Steps { get; set; }

    /// <summary>Requests about definitions that were answered.</summary>
    public long Answered { get; set; }

    /// <summary>Those that were refused because of what was missing.</summary>
    public long Missing { get; set; }

    public long Owned { get; set; }

    /// <summary>Owners whose connections were closed since their node's session was over.</summary>
    public long Bereft { get; set; }

    public long Confirmed { get; set; }

    public long Refused { get; set; }

    public long Delivered { get; set; }

    public long Redelivered { get; set; }

    public long Settled { get; set; }

    public long Left { get; set; }

    /// <summary>Deliveries of what had expired in a replicated queue.</summary>
    public long Expired { get; set; }

    /// <summary>Transient messages that were confirmed, and went with the process of a queue on one node.</summary>
    public long Gone { get; set; }

    /// <summary>How often another consumer than the last became a queue's active one.</summary>
    public long HandOvers { get; set; }

    /// <summary>Publishes that were to wait first.</summary>
    public long Delayed { get; set; }

    /// <summary>How often wall clocks told how much time has passed in one.</summary>
    public long Bridged { get; set; }

    public long Crashes { get; set; }

    public long Cuts { get; set; }

    /// <summary>How often two nodes were cut from each other for long, and clients of all nodes served.</summary>
    public long Around { get; set; }

    public long Joined { get; set; }

    public long Forgotten { get; set; }

    public static NodesReport operator +(NodesReport one, NodesReport other) => new()
    {
        Steps = one.Steps + other.Steps,
        Answered = one.Answered + other.Answered,
        Missing = one.Missing + other.Missing,
        Owned = one.Owned + other.Owned,
        Bereft = one.Bereft + other.Bereft,
        Confirmed = one.Confirmed + other.Confirmed,
        Refused = one.Refused + other.Refused,
        Delivered = one.Delivered + other.Delivered,
        Redelivered = one.Redelivered + other.Redelivered,
        Settled = one.Settled + other.Settled,
        Left = one.Left + other.Left,
        Expired = one.Expired + other.Expired,
        Gone = one.Gone + other.Gone,
        HandOvers = one.HandOvers + other.HandOvers,
        Delayed = one.Delayed + other.Delayed,
        Bridged = one.Bridged + other.Bridged,
        Crashes = one.Crashes + other.Crashes,
        Cuts = one.Cuts + other.Cuts,
        Around = one.Around + other.Around,
        Joined = one.Joined + other.Joined,
        Forgotten = one.Forgotten + other.Forgotten,
    };

    public override readonly string ToString() =>
        $"{Steps} steps, {Crashes} crashes, {Cuts} links cut, "
        + $"{Around} pairs served around their cut, {Joined} nodes joined, {Forgotten} forgotten; "
        + $"{Answered} requests answered, {Missing} of them with what is missing, {Owned} exclusive queues, "
        + $"{Bereft} of them lost with a session; "
        + $"{Confirmed} messages confirmed, {Refused} refused, {Delivered} deliveries, {Redelivered} of them again, "
        + $"{Settled} settled, {Left} left, {Gone} gone with a process, {Expired} expired, {Delayed} delayed, "
        + $"{Bridged} times by wall clocks, {HandOvers} times another active consumer";
}
