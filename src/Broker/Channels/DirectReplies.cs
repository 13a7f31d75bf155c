using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Warren.Broker.Messages;

namespace Warren.Broker.Channels;

/// <summary>
/// The addresses of direct reply-to (<c>amq.rabbitmq.reply-to.TOKEN</c>): a reply goes to the channel that asked,
/// through no queue. Tokens are 128 random bits, since whoever knows one may send to it. Written by connections' turns.
/// </summary>
public sealed class DirectReplies
{
    /// <summary>The pseudo-queue that a client consumes from and names in reply-to.</summary>
    public const string QueueText = "amq.rabbitmq.reply-to";

    private static readonly byte[] Prefix = Encoding.ASCII.GetBytes(QueueText + ".");

    private readonly ConcurrentDictionary<string, ReplyConsumer> _consumers = new(StringComparer.Ordinal);

    internal static ReadOnlySpan<byte> QueueName => "amq.rabbitmq.reply-to"u8;

    internal static bool IsReplyAddress(ReadOnlySpan<byte> routingKey) => routingKey.StartsWith(Prefix);

    internal static bool IsReplyAddress(string name) => name.StartsWith(QueueText + ".", StringComparison.Ordinal);

    /// <summary>Whether a reply to this address would find somebody.</summary>
    public bool IsAlive(string address) => _consumers.ContainsKey(address);

    internal ReplyConsumer Register(DeliveryChannel channel, string tag)
    {
        string address = $"{QueueText}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16))}";
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
        if (!_consumers.TryGetValue(Encoding.ASCII.GetString(message.RoutingKey), out ReplyConsumer? consumer))
            return;
        message.Slab.AddReferences(1);
        if (!consumer.Channel.Outbox.TryPostReply(consumer.Channel, consumer.TagBytes, message))
            message.Slab.Release(1);
    }
}
