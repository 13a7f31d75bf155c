using Warren.Broker.Channels;
using Warren.Broker.Messages;
using Warren.Broker.Topology;

namespace Warren.Broker.Delays;

/// <summary>
/// A message that waits at a delayed exchange; it holds one reference, and one verdict is owed for it.
/// </summary>
internal readonly record struct DelayedMessage(
    string Vhost, RouteDelay Delay, Message Message, DeliveryChannel? Publisher, ulong Sequence, PublishGroup? Group);
