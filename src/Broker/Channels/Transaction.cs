using Warren.Amqp;
using Warren.Broker.Messages;
using Warren.Broker.Queues;
using Warren.Broker.Topology;

namespace Warren.Broker.Channels;

/// <summary>
/// What a channel in tx mode has gathered since the last commit or rollback. Owned by the connection's turn. As in
/// RabbitMQ: publishes are routed when they come and posted at commit; settlements leave the unacked list when they
/// come and return to it at rollback; a commit is answered when every queue has taken its part, durably if it is
/// durable.
/// </summary>
internal sealed class Transaction
{
    /// <summary>A client that never commits may not fill the memory: 64 MiB, the channel's error says so.</summary>
    private const long LimitBytes = 64L * 1024 * 1024;

    private readonly List<PendingPublish> _publishes = [];
    private readonly List<PendingSettlement> _settlements = [];
    private long _bytes;

    public int PublishCount => _publishes.Count;

    public int SettlementCount => _settlements.Count;

    public void AddPublish(
        Message message, ReadOnlySpan<QueueDefinition> queues, ReadOnlySpan<RouteDelay> delays, long ttlMs,
        byte priority, bool persistent, bool mandatory)
    {
        _bytes += message.SizeBytes + PublishCredit.MessageOverheadBytes;
        _publishes.Add(
            new PendingPublish(message, queues.ToArray(), delays.ToArray(), ttlMs, priority, persistent, mandatory));
        if (_bytes > LimitBytes)
        {
            throw new AmqpException(
                ReplyCode.ResourceError, $"the transaction holds more than {LimitBytes} bytes",
                closesConnection: false);
        }
    }

    public void AddSettlement(in UnackedDelivery delivery, SettlementKind kind) =>
        _settlements.Add(new PendingSettlement(delivery, kind));

    /// <summary>
    /// Posts everything; the request is answered when the queues have answered, at once if there are none.
    /// </summary>
    public void Commit(Channel channel, ChannelRequest request)
    {
        List<QueueHome> settled = SettledQueues(channel);
        int targets = settled.Count;
        foreach (PendingPublish publish in _publishes)
            targets += publish.Queues.Length + publish.Delays.Length;
        PublishGroup? group = targets > 0 ? new PublishGroup(targets, request) : null;
        foreach (PendingPublish publish in _publishes)
        {
            if (publish.Queues.Length + publish.Delays.Length == 0)
                channel.Publisher.Unroutable(publish.Message, publish.Mandatory, 0);
            else
            {
                channel.Publisher.PostTo(
                    publish.Message, publish.Queues, publish.Delays, publish.TtlMs, publish.Priority,
                    publish.Persistent, channel.Deliveries, 0, group);
            }
        }
        // Behind the publishes: what was consumed to make them must not be gone before they are there.
        int places = 0;
        foreach (PendingSettlement settlement in _settlements)
        {
            channel.Consumers.PostSettlement(settlement.Delivery, settlement.Kind);
            places += settlement.Delivery.HoldsPlace ? 1 : 0;
        }
        channel.Consumers.GiveBack(places);
        foreach (QueueHome queue in settled)
            channel.Connection.AddPost(queue, QueueCommand.Sync(group!));
        Clear();
        if (group is null)
            request.Succeed(new TxCommitOk());
    }

    // The commit is answered when the settlements are durable too.
    private List<QueueHome> SettledQueues(Channel channel)
    {
        if (channel.Connection.Broker.Storage is null)
            return [];
        return [.. _settlements.Select(settlement => settlement.Delivery.Queue).Distinct()];
    }

    /// <summary>Drops the publishes and takes the settlements back; those stay unsettled on the channel.</summary>
    public void Rollback(Channel channel)
    {
        foreach (PendingPublish publish in _publishes)
            publish.Message.Slab.Release(1);
        int places = 0;
        foreach (PendingSettlement settlement in _settlements)
            places += channel.Deliveries.TakeBack(settlement.Delivery) ? 1 : 0;
        channel.Consumers.GiveBack(places);
        Clear();
    }

    private void Clear()
    {
        _publishes.Clear();
        _settlements.Clear();
        _bytes = 0;
    }

    private readonly record struct PendingPublish(
        Message Message, QueueDefinition[] Queues, RouteDelay[] Delays, long TtlMs,
        byte Priority, bool Persistent, bool Mandatory);

    private readonly record struct PendingSettlement(UnackedDelivery Delivery, SettlementKind Kind);
}
