using Warren.Broker.Channels;
using Warren.Broker.Messages;
using Warren.Broker.Topology;

namespace Warren.Broker.Delays;

/// <summary>
/// A message that comes to a delayed exchange to wait; it holds one reference, and one verdict is owed for it. Credit,
/// unless null, is given back when the node takes more.
/// </summary>
internal readonly record struct DelayedMessage(
    string Vhost, RouteDelay Delay, Message Message, DeliveryChannel? Publisher, ulong Sequence, PublishGroup? Group,
    PublishCredit? Credit = null)
{
    public int WeightBytes => Message.SizeBytes + PublishCredit.MessageOverheadBytes;
}
