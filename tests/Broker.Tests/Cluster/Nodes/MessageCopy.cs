namespace Warren.Broker.Tests.Cluster.Nodes;

/// <summary>A message in one queue; times in steps.</summary>
internal sealed class MessageCopy
{
    /// <summary>What has happened to it, for people.</summary>
    public List<string> Trail { get; } = [];

    /// <summary>A client has got it.</summary>
    public bool IsDelivered { get; set; }

    /// <summary>A client has got it as something that nobody has had before.</summary>
    public bool IsDeliveredFirst { get; set; }

    /// <summary>When a client got it that has acknowledged it since.</summary>
    public long DeliveredAt { get; set; }

    /// <summary>Somebody has sent an acknowledgement, or rejected it for good.</summary>
    public bool IsSettled { get; set; }

    /// <summary>Somebody has acknowledged it.</summary>
    public bool IsAcknowledged { get; set; }

    /// <summary>When the channel was known to have taken the acknowledgement; 0: it is not known.</summary>
    public long TakenAt { get; set; }

    /// <summary>Whose client that was.</summary>
    public SimulatedNode? TakenBy { get; set; }

    /// <summary>How often that node, and the queue's home, had crashed then.</summary>
    public (int Taker, int Home) CrashesThen { get; set; }

    /// <summary>Nobody has crashed for so long after it that not even a crash brings it back.</summary>
    public bool IsStored { get; set; }

    /// <summary>It was rejected: a copy of it goes to the queue's dead letters, perhaps more than once.</summary>
    public bool IsRejected { get; set; }

    /// <summary>Who has it now, and has not settled it; null: nobody.</summary>
    public Holding? Holding { get; set; }
}
