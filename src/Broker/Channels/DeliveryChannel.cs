using Warren.Broker.Connections;
using Warren.Broker.Queues;
using Warren.Broker.Queues.Replicated;
using Warren.Cluster;

namespace Warren.Broker.Channels;

/// <summary>
/// The outgoing half of a channel: numbers its deliveries, remembers the unsettled ones, turns verdicts into confirms.
/// The writer loop adds (<see cref="TryNumber"/>), the connection's turn removes; one small leaf lock stands between
/// them. Queues see it only as an address.
/// Invariant: once <see cref="Close"/> has returned, no delivery is ever numbered again, so each unsettled delivery is
/// either in the list that Close returned or is returned by the writer.
/// </summary>
public class DeliveryChannel
{
    private readonly Lock _lock = new();
    private readonly UnackedDeliveries _unacked = new();
    private ulong _nextTag = 1;
    private bool _closed;

    public DeliveryChannel(ushort number, Outbox outbox, Channel? owner)
    {
        Number = number;
        Outbox = outbox;
        Owner = owner!;
    }

    public ushort Number { get; }

    /// <summary>Whose channel it is, see <see cref="Connection.Id"/>; of its node.</summary>
    public virtual long ConnectionId => Owner?.Connection.Id ?? 0;

    /// <summary>The node of its client; none: this one.</summary>
    public virtual NodeId Node => NodeId.None;

    /// <summary>Whose numbered publishes it is the address of; null: of none, or to a queue that is not replicated.
    /// </summary>
    internal virtual PublishSource? Source => null;

    /// <summary>That source asks for none of its publishes below this number any more.</summary>
    internal virtual long AnsweredBelow => 0;

    public Outbox Outbox { get; }

    /// <summary>
    /// The incoming half, for posts back to its connection. Not to be touched from other turns. Null for a channel of
    /// another node, of which there is only this address.
    /// </summary>
    internal Channel Owner { get; }

    /// <summary>Tells the channel, in its connection's turn, what has happened at a queue.</summary>
    internal virtual void Tell(ConnectionEventKind kind, object subject) =>
        Owner.Connection.Post(new ConnectionEvent(kind, 0, Owner, subject));

    /// <summary>Tells it in the same way that so many places in its shared prefetch are free.</summary>
    internal virtual void ReturnPlaces(int places) =>
        Owner.Connection.Post(new ConnectionEvent(ConnectionEventKind.PlaceReturned, places, Owner));

    /// <summary>Deliveries that the client has not settled.</summary>
    internal int UnackedCount
    {
        get
        {
            lock (_lock)
                return _unacked.Count;
        }
    }

    /// <summary>Owned by the writer loop.</summary>
    internal ConfirmTracker Confirms { get; } = new();

    /// <summary>Owned by the writer loop: in the list of channels whose confirms it will flush.</summary>
    internal bool HasConfirmsToFlush { get; set; }

    /// <summary>Owned by the writer loop: its close or close-ok is out, and nothing may follow.</summary>
    internal bool IsOutputEnded { get; set; }

    /// <summary>The tag of a direct reply: RabbitMQ shows the next one and does not use it up.</summary>
    internal bool TryNumberReply(out ulong tag)
    {
        lock (_lock)
        {
            tag = _nextTag;
            return !_closed;
        }
    }

    /// <summary>Gives a delivery its tag; false if the channel was closed meanwhile.</summary>
    /// <param name="queue">Where it comes from.</param>
    /// <param name="consumer">Who gets it; null for basic.get.</param>
    /// <param name="slot">What the queue calls it; -1: nothing is to be settled.</param>
    /// <param name="position">See <paramref name="slot"/>.</param>
    /// <param name="holdsPlace">It holds a place in the channel's shared prefetch.</param>
    /// <param name="epoch">See <see cref="OutboxItem.Epoch"/>.</param>
    /// <param name="tag">The tag.</param>
    internal bool TryNumber(
        QueueHome queue, Consumer? consumer, int slot, long position, bool holdsPlace, byte epoch, out ulong tag)
    {
        bool isOrphan = false;
        lock (_lock)
        {
            tag = _nextTag;
            if (_closed)
                return false;
            _nextTag++;
            if (slot >= 0)
            {
                var delivery = new UnackedDelivery(tag, queue, slot, position, consumer, holdsPlace, epoch);
                isOrphan = Orphan(ref delivery);
                _unacked.Add(delivery);
            }
        }
        if (isOrphan)
            ReturnPlaces(1);
        return true;
    }

    /// <summary>Takes what a client settles; false if it names a tag that is not outstanding.</summary>
    internal bool TryTake(ulong tag, bool multiple, List<UnackedDelivery> taken)
    {
        lock (_lock)
            return _unacked.TryTake(tag, multiple, taken);
    }

    /// <summary>Puts back what <see cref="TryTake"/> took: a transaction was rolled back.</summary>
    /// <returns>Whether a place in the shared prefetch is free by that: its consumer has lost it meanwhile.</returns>
    internal bool TakeBack(UnackedDelivery delivery)
    {
        lock (_lock)
        {
            bool isOrphan = Orphan(ref delivery);
            _unacked.Insert(delivery);
            return isOrphan;
        }
    }

    /// <summary>
    /// A limit is set: lets all deliveries to consumers hold a place; returns how many did not before.
    /// </summary>
    internal int HoldPlaces()
    {
        lock (_lock)
            return _unacked.HoldPlaces();
    }

    /// <summary>
    /// The queue has taken back what this consumer was given, which may still be settled in vain: returns how many
    /// places it held. What is still on its way to the client is found when it is numbered.
    /// </summary>
    internal int FreePlaces(Consumer consumer)
    {
        lock (_lock)
        {
            consumer.HasLostDeliveries = true;
            return _unacked.FreePlaces(consumer);
        }
    }

    /// <summary>Ends the numbering and takes all that is unsettled.</summary>
    internal void Close(List<UnackedDelivery> taken)
    {
        lock (_lock)
        {
            _closed = true;
            _unacked.TryTake(0, multiple: true, taken);
        }
    }

    // Takes the delivery from a consumer that has lost what it was given; true if it held a place.
    private static bool Orphan(ref UnackedDelivery delivery)
    {
        if (delivery.Consumer is not { HasLostDeliveries: true })
            return false;
        bool heldPlace = delivery.HoldsPlace;
        delivery = delivery with { Consumer = null, HoldsPlace = false };
        return heldPlace;
    }
}
