using Warren.Broker.Queues;

namespace Warren.Broker.Tests.Queues;

/// <summary>A consumer of <see cref="QueueModel"/>.</summary>
internal sealed class ModelConsumer
{
    public required string Tag { get; init; }

    public bool NoAck { get; init; }

    public bool Exclusive { get; init; }

    public int Priority { get; init; }

    public int Prefetch { get; init; }

    public long? TimeoutMs { get; init; }

    public int OpenMessages { get; set; } = Consumer.WindowMessages;

    public long OpenBytes { get; set; } = Consumer.WindowBytes;

    public bool Reported { get; set; }
}
