namespace Warren.Broker.Channels;

/// <summary>Where the deliveries of a channel go. Opaque to queues.</summary>
public sealed class DeliveryChannel
{
}
