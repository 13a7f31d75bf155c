using Warren.Amqp;
using Warren.Faults.Ledgers;
using Warren.Wire;

namespace Warren.Faults.Clients;

/// <summary>
/// The publishing side of a channel in confirm mode: numbers its messages, writes them down and matches the confirms.
/// </summary>
/// <param name="source">Who publishes; the sequence goes on from life to life.</param>
/// <param name="queues">Where every message is routed to.</param>
internal sealed class ConfirmedPublishing(
    Ledger ledger, Source source, string exchange, string routingKey, IReadOnlyList<QueueLedger> queues)
{
    private readonly Queue<(ulong Tag, Message Message, Action? Then)> _open = new();
    private readonly HashSet<ulong> _settledEarly = [];
    private ulong _tag;

    /// <summary>Messages that wait for their confirm.</summary>
    public int Open => _open.Count - _settledEarly.Count;

    /// <summary>Puts the channel into confirm mode; false when the node has died.</summary>
    public static async Task<bool> BeginAsync(Session session)
    {
        session.Output.Add(Session.Channel, new ConfirmSelect(noWait: false));
        return await session.CallAsync(MethodId.ConfirmSelectOk) is not null;
    }

    /// <summary>Adds a message to what is sent next.</summary>
    /// <param name="then">Called when it is confirmed.</param>
    public Message Add(Session session, MessageKind kind, Random random, Action? then = null)
    {
        Message message = kind.Make(source.NextId(), random);
        ledger.Publishing(message, queues);
        session.Output.AddPublish(Session.Channel, exchange, routingKey, message.Body(), message.Properties());
        _open.Enqueue((++_tag, message, then));
        return message;
    }

    /// <summary>Takes basic.ack and basic.nack of the broker; false when it is something else.</summary>
    public bool TryTake(Received received)
    {
        if (received.Method is not (MethodId.BasicAck or MethodId.BasicNack))
            return false;
        bool isAck = received.Method == MethodId.BasicAck;
        ulong sequence = received.Sequence;
        if (sequence > _tag || (_open.TryPeek(out var oldest) ? sequence < oldest.Tag : sequence > 0))
            ledger.Found(FindingKind.Protocol, $"a confirm came for {sequence}, which is not open");
        foreach (var one in _open)
        {
            if (one.Tag == sequence || (received.IsMultiple && one.Tag < sequence))
                Settle(one, isAck);
        }
        while (_open.TryPeek(out var first) && _settledEarly.Remove(first.Tag))
            _open.Dequeue();
        return true;
    }

    private void Settle((ulong Tag, Message Message, Action? Then) one, bool isAck)
    {
        if (!_settledEarly.Add(one.Tag))
            return;
        if (!isAck)
        {
            ledger.Refused();
            return;
        }
        ledger.Confirmed(one.Message, queues);
        one.Then?.Invoke();
    }
}
