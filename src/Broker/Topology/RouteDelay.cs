using Warren.Broker.Exchanges;

namespace Warren.Broker.Topology;

/// <summary>A delayed exchange that the message reached, and how long it is to wait there before it goes on.</summary>
/// <param name="Exchange">Where <see cref="Router.RouteAfterDelay"/> is to go on from.</param>
/// <param name="DelayMs">1 to 4294967295.</param>
public readonly record struct RouteDelay(DelayedMessageExchange Exchange, long DelayMs);
