using System.Text;
using Warren.Amqp;
using Warren.Broker.Arguments;
using Warren.Broker.Connections;
using Warren.Broker.Exchanges;
using Warren.Broker.Messages;
using Warren.Broker.Queues;
using Warren.Broker.Topology;
using Warren.Broker.Turns;
using Warren.Storage;

namespace Warren.Broker.Delays;

/// <summary>
/// The messages that wait at x-delayed-message exchanges: a heap by due time, owned by this mailbox's turn. A message
/// is confirmed when it is in the heap; when it is due it is routed on the topology of then, from its exchange on.
/// </summary>
internal sealed class DelayedMessages : Mailbox<DelayedMessages.Item>, IDisposable
{
    private readonly MessageBroker _broker;
    private readonly PriorityQueue<DelayedMessage, (long DueMs, long Number)> _waiting = new();
    private readonly RouteSet _routes;
    private readonly ITimer _timer;
    private long _lastNumber;

    public DelayedMessages(MessageBroker broker)
        : base(broker.Turns)
    {
        _broker = broker;
        _routes = new RouteSet(broker.NewRandom());
        _timer = broker.Time.CreateTimer(
            static state => ((DelayedMessages)state!).Post(default), this,
            Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>A message to add, or none: look at the clock.</summary>
    internal readonly record struct Item(DelayedMessage? Added);

    /// <summary>Messages that wait; the turn's, others may read an old value.</summary>
    public int Count => _waiting.Count;

    public void Add(in DelayedMessage message) => Post(new Item(message));

    public void Dispose() => _timer.Dispose();

    /// <summary>
    /// Takes up what waits, before anybody is served; <paramref name="group"/> is null in a new directory.
    /// </summary>
    internal void Open(NodeLog log, RecoveredGroup? group)
    {
        ArgumentNullException.ThrowIfNull(_broker);
    }

    protected override void Handle(ReadOnlySpan<Item> batch)
    {
        long nowMs = _broker.NowMs;
        foreach (ref readonly Item item in batch)
        {
            if (item.Added is not { } added)
                continue;
            _waiting.Enqueue(
                added with { Publisher = null, Group = null }, (nowMs + added.Delay.DelayMs, ++_lastNumber));
            Confirm(added);
        }
        while (_waiting.TryPeek(out DelayedMessage due, out (long DueMs, long Number) when))
        {
            if (when.DueMs > nowMs)
            {
                _timer.Change(
                    TimeSpan.FromMilliseconds(Math.Min(when.DueMs - nowMs, 86_400_000)), Timeout.InfiniteTimeSpan);
                return;
            }
            _waiting.Dequeue();
            Route(due);
        }
    }

    private static void Confirm(in DelayedMessage added)
    {
        if (added.Group is not { } group)
            added.Publisher?.Outbox.Post(OutboxItem.Confirm(added.Publisher, added.Sequence, accepted: true));
        else if (!group.Complete(accepted: true))
            return;
        else if (group.Completed is { } completed)
            completed(!group.IsRejected);
        else if (group.Commit is { } commit)
            commit.Committed(!group.IsRejected);
        else
            added.Publisher?.Outbox.Post(OutboxItem.Confirm(added.Publisher, added.Sequence, !group.IsRejected));
    }

    private void Route(in DelayedMessage due)
    {
        Message message = due.Message;
        if (_broker.Topology.Vhosts.TryGetValue(due.Vhost, out Vhost? vhost))
        {
            PropertiesView properties = PropertiesView.Parse(message.Properties);
            var input = new RoutingInput(Encoding.UTF8.GetString(message.RoutingKey), properties);
            Router.RouteAfterDelay(vhost, due.Delay.Exchange.Name, input, _routes);
            long ttlMs = properties.HasExpiration ? PublishChecks.ParseExpiration(properties.Expiration) : -1;
            foreach (QueueDefinition queue in _routes.Queues)
            {
                message.Slab.AddReferences(1);
                queue.Home.Post(
                    QueueCommand.Publish(message, properties.Priority, properties.IsPersistent, ttlMs, null, 0, null));
            }
        }
        message.Slab.Release(1);
    }
}
