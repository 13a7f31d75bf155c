namespace Warren.Broker.Security;

/// <summary>What one vhost may hold at a time; null is no limit (RabbitMQ writes -1).</summary>
/// <param name="MaxConnections"><c>max-connections</c>.</param>
/// <param name="MaxQueues"><c>max-queues</c>.</param>
public sealed record VhostLimits(long? MaxConnections, long? MaxQueues)
{
    public static readonly VhostLimits None = new(null, null);
}
