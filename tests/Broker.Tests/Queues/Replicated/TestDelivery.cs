using Warren.Broker.Queues;

namespace Warren.Broker.Tests.Queues.Replicated;

internal sealed record TestDelivery(
    string Body, int Slot, long Position, bool IsRedelivered, Consumer Consumer, int SizeBytes);
