using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Warren.Broker.Messages;
using Warren.Cluster;

namespace Warren.Broker.Channels;

/// <summary>
/// The addresses of direct reply-to (<c>amq.rabbitmq.reply-to.TOKEN</c>, in a cluster
/// <c>amq.rabbitmq.reply-to.NODE.TOKEN</c>): a reply goes to the channel that asked, through no queue. Tokens are 128
/// random bits, since whoever knows one may send to it. Written by connections' turns.
/// </summary>
public sealed class DirectReplies
{
    /// <summary>Hexadecimal digits of a node's identity.</summary>
    private const int NodeLength = 32;

    /// <summary>The pseudo-queue that a client consumes from and names in reply-to.</summary>
    public const string QueueText = "amq.rabbitmq.reply-to";

    private static readonly byte[] Prefix = Encoding.ASCII.GetBytes(QueueText + ".");

    private readonly ConcurrentDictionary<string, ReplyConsumer> _consumers = new(StringComparer.Ordinal);
    private readonly MessageBroker _broker;

    internal DirectReplies(MessageBroker broker) => _broker = broker;

    internal static ReadOnlySpan<byte> QueueName => "amq.rabbitmq.reply-to"u8;

    internal static bool IsReplyAddress(ReadOnlySpan<byte> routingKey) => routingKey.StartsWith(Prefix);

    internal static bool IsReplyAddress(string name) => name.StartsWith(QueueText + ".", StringComparison.Ordinal);

    /// <summary>
    /// Whether a reply to this address would find somebody; of one on another node, whether that node can be reached.
    /// </summary>
    public bool IsAlive(string address) =>
        _consumers.ContainsKey(address)
        || (NodeOf(address) is { } node && _broker.QueueLinks!.Peers.IsUp(node));

    internal ReplyConsumer Register(DeliveryChannel channel, string tag)
    {
        string token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        string address = _broker.QueueLinks is { } links
            ? $"{QueueText}.{links.Self.Value:N}.{token}"
            : $"{QueueText}.{token}";
        var consumer = new ReplyConsumer(address, tag, Encoding.UTF8.GetBytes(tag), channel);
        _consumers[address] = consumer;
        return consumer;
    }

    internal void Remove(ReplyConsumer consumer) => _consumers.TryRemove(consumer.Address, out _);

    /// <summary>
    /// Sends a copy of the message to the channel that its routing key names, if it is still there and has not left too
    /// much unread. The message's own reference stays with the caller.
    /// </summary>
    internal void Deliver(in Message message)
    {
        Span<char> address = stackalloc char[message.RoutingKey.Length];
        Encoding.ASCII.GetChars(message.RoutingKey, address);
        if (NodeOf(address) is { } node)
            _broker.QueueLinks!.TrySendReply(node, message);
        else
            DeliverHere(message);
    }

    /// <summary>The same for a channel of this node.</summary>
    internal void DeliverHere(in Message message)
    {
        if (!_consumers.TryGetValue(Encoding.ASCII.GetString(message.RoutingKey), out ReplyConsumer? consumer))
            return;
        message.Slab.AddReferences(1);
        if (!consumer.Channel.Outbox.TryPostReply(consumer.Channel, consumer.TagBytes, message))
            message.Slab.Release(1);
    }

    // The other node that the address names; null: it is this one, or no node.
    private NodeId? NodeOf(ReadOnlySpan<char> address)
    {
        if (_broker.QueueLinks is not { } links || address.Length <= Prefix.Length + NodeLength
            || address[Prefix.Length + NodeLength] != '.'
            || !Guid.TryParseExact(address.Slice(Prefix.Length, NodeLength), "N", out Guid node))
            return null;
        var id = new NodeId(node);
        return id == links.Self || !links.IsMember(id) ? null : id;
    }
}
