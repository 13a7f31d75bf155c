using Warren.Cluster;

namespace Warren.Broker.Queues.Replicated;

/// <summary>
/// The consumer that has a queue to itself, as the log says: the single active or an exclusive one. The default value:
/// nobody.
/// </summary>
/// <param name="Node">Its client's.</param>
/// <param name="Number">What that node's lines call it.</param>
internal readonly record struct LoggedHolder(NodeId Node, long Number)
{
    /// <summary>A consumer that has come by a line; null: nobody.</summary>
    public static LoggedHolder Of(Consumer? consumer) =>
        consumer is null ? default : new LoggedHolder(consumer.Channel.Node, consumer.LineNumber);
}
