namespace Warren.Broker.Tests.Cluster.Nodes;

/// <summary>A message, and what is known of its copies in the queues that it was routed to.</summary>
internal sealed class SentMessage(string publisher, int sequence, string[] queues, long sentAt, long expiresAt)
{
    public string Text => $"{publisher}.{sequence}";

    public string Publisher => publisher;

    public int Sequence => sequence;

    /// <summary>The step.</summary>
    public long SentAt => sentAt;

    /// <summary>It may be dead-lettered as expired from this step on; <see cref="long.MaxValue"/>: never.</summary>
    public long ExpiresAt => expiresAt;

    /// <summary>It waits at a delayed exchange until this step at least; 0: it does not.</summary>
    public long SoonestAt { get; init; }

    /// <summary>Its publisher does not want it on a disk.</summary>
    public bool IsTransient { get; set; }

    public bool IsConfirmed { get; set; }

    public Dictionary<string, MessageCopy> Copies { get; } =
        queues.ToDictionary(queue => queue, _ => new MessageCopy());
}
