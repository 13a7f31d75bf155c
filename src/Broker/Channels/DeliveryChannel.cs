using Warren.Broker.Connections;
using Warren.Broker.Queues;

namespace Warren.Broker.Channels;

/// <summary>
/// The outgoing half of a channel: numbers its deliveries, remembers the unsettled ones, turns verdicts into confirms.
/// The writer loop adds (<see cref="TryNumber"/>), the connection's turn removes; one small leaf lock stands between
/// them. Queues see it only as an address.
/// Invariant: once <see cref="Close"/> has returned, no delivery is ever numbered again, so each unsettled delivery is
/// either in the list that Close returned or is returned by the writer.
/// </summary>
public sealed class DeliveryChannel
{
    private readonly Lock _lock = new();
    private readonly UnackedDeliveries _unacked = new();
    private ulong _nextTag = 1;
    private bool _closed;

    public DeliveryChannel(ushort number, Outbox outbox, Channel owner)
    {
        Number = number;
        Outbox = outbox;
        Owner = owner;
    }

    public ushort Number { get; }

    public Outbox Outbox { get; }

    /// <summary>The incoming half, for posts back to its connection. Not to be touched from other turns.</summary>
    internal Channel Owner { get; }

    /// <summary>Owned by the writer loop.</summary>
    internal ConfirmTracker Confirms { get; } = new();

    /// <summary>Owned by the writer loop: in the list of channels whose confirms it will flush.</summary>
    internal bool HasConfirmsToFlush { get; set; }

    /// <summary>Owned by the writer loop: its close or close-ok is out, and nothing may follow.</summary>
    internal bool IsOutputEnded { get; set; }

    public int UnackedCount
    {
        get
        {
            lock (_lock)
                return _unacked.Count;
        }
    }

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
    internal bool TryNumber(Queue? queue, int slot, long position, bool isShared, out ulong tag)
    {
        lock (_lock)
        {
            tag = _nextTag;
            if (_closed)
                return false;
            _nextTag++;
            if (slot >= 0)
                _unacked.Add(new UnackedDelivery(tag, queue!, slot, position, isShared));
            return true;
        }
    }

    /// <summary>Takes what a client settles; false if it names a tag that is not outstanding.</summary>
    internal bool TryTake(ulong tag, bool multiple, List<UnackedDelivery> taken)
    {
        lock (_lock)
            return _unacked.TryTake(tag, multiple, taken);
    }

    /// <summary>Puts back what <see cref="TryTake"/> took: a transaction was rolled back.</summary>
    internal void TakeBack(in UnackedDelivery delivery)
    {
        lock (_lock)
            _unacked.Insert(delivery);
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
}
