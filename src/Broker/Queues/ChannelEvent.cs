using Warren.Broker.Channels;
using Warren.Broker.Connections;

namespace Warren.Broker.Queues;

/// <summary>What a queue has to tell a channel beside deliveries, confirms and replies.</summary>
/// <param name="Channel">Who is told.</param>
/// <param name="Kind">What happened: ConsumerEnded, ConsumerOverdue or Failed.</param>
/// <param name="Subject">The consumer; Failed: the error.</param>
internal readonly record struct ChannelEvent(DeliveryChannel Channel, ConnectionEventKind Kind, object Subject)
{
    /// <summary>Tells it; the channel's turn comes to it.</summary>
    public void Tell() => Channel.Tell(Kind, Subject);
}
