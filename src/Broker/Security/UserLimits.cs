namespace Warren.Broker.Security;

/// <summary>What one user may hold at a time; null is no limit (RabbitMQ writes -1).</summary>
/// <param name="MaxConnections"><c>max-connections</c>, over all nodes.</param>
/// <param name="MaxChannels"><c>max-channels</c>, over all connections.</param>
public sealed record UserLimits(long? MaxConnections, long? MaxChannels)
{
    public static readonly UserLimits None = new(null, null);
}
