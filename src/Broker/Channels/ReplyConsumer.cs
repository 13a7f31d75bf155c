namespace Warren.Broker.Channels;

/// <summary>A channel that waits for direct replies.</summary>
internal sealed record ReplyConsumer(string Address, string Tag, byte[] TagBytes, DeliveryChannel Channel);
