using System.Collections.Immutable;
using Warren.Broker.Operations;
using Warren.Cluster;

namespace Warren.Broker.Queues.Remote;

/// <summary>What a home told of a queue when it was asked last.</summary>
internal sealed record QueueCounts(
    int Ready, int Unacked, long ReadyBytes, long UnackedBytes, long ResidentBytes, int Consumers,
    ConsumerStatus? Holder, ImmutableArray<NodeId> InStep, long ToldAtMs)
{
    public static QueueCounts None { get; } = new(0, 0, 0, 0, 0, 0, null, [], long.MinValue);
}
