using Warren.Broker.Queues;

namespace Warren.Broker.Channels;

/// <summary>A delivery that its client has not settled: where to send the settlement.</summary>
public readonly record struct UnackedDelivery(ulong Tag, Queue Queue, int Slot, long Position, bool IsShared);
