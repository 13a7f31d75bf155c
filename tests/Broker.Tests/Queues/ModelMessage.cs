using Warren.Broker.Queues;

namespace Warren.Broker.Tests.Queues;

/// <summary>A message of <see cref="QueueModel"/>.</summary>
internal sealed class ModelMessage
{
    public required string Name { get; init; }

    public int SizeBytes { get; init; }

    public long Position { get; set; }

    /// <summary>How often it was taken from a consumer that was overdue.</summary>
    public int Timeouts { get; set; }

    /// <summary>What names its delivery: another one after each timeout.</summary>
    public long Token => Position + ((long)Timeouts << 56);

    /// <summary>
    /// Where it stands among the returned ones of a quorum queue; what never returned comes after all of them.
    /// </summary>
    public long ReturnOrder { get; set; } = long.MaxValue;

    public int Priority { get; init; }

    public long ExpiresAtMs { get; init; }

    public int Count { get; set; }

    public bool Redelivered { get; set; }

    /// <summary>Null: somebody who used get.</summary>
    public ModelConsumer? Holder { get; set; }

    public long DeliveredAtMs { get; set; }

    public bool Reported => Holder is { Reported: true };

    public long OverdueAtMs(QueueSettings settings) =>
        (Holder?.TimeoutMs ?? settings.ConsumerTimeoutMs) is { } timeoutMs ? DeliveredAtMs + timeoutMs : long.MaxValue;
}
