using Warren.Amqp;
using Warren.Faults.Ledgers;
using Warren.Wire;

namespace Warren.Faults.Clients;

/// <summary>
/// Consumes with manual acknowledgement: one by one or many at once, with some requeued and, where that dead-letters,
/// some rejected. Now and then it publishes to the queue it consumes from: once that is confirmed, all acks before it
/// are proven to be durable.
/// </summary>
internal sealed class Consumer(string name, Ledger ledger, QueueLedger queue) : Client(name)
{
    private readonly Source _source = new(ledger.NewSource());
    private readonly List<(ulong Tag, MessageId Id)> _held = [];
    private readonly List<MessageId> _unproven = [];

    /// <summary>The most messages it may hold.</summary>
    public ushort Prefetch { get; init; } = 50;

    /// <summary>How many of a hundred settlements give messages back.</summary>
    public int RequeuePercent { get; init; } = 5;

    /// <summary>How many of a hundred settlements reject.</summary>
    public int RejectPercent { get; init; }

    /// <summary>How many acks it sends before it wants them proven, about.</summary>
    public int AcksToProve { get; init; } = 20;

    protected override async Task WorkAsync(Session session, Random random)
    {
        _held.Clear();
        _unproven.Clear();
        var proofs = new ConfirmedPublishing(ledger, _source, "", queue.Name, [queue]);
        if (!await ConfirmedPublishing.BeginAsync(session))
            return;
        session.Output.Add(Session.Channel, new BasicQos(0, Prefetch, global: false));
        if (await session.CallAsync(MethodId.BasicQosOk) is null)
            return;
        session.Output.Add(Session.Channel, WireClient.Consume(queue.Name, "", noAck: false, noWait: false));
        if (await session.CallAsync(MethodId.BasicConsumeOk) is null)
            return;
        int enough = random.Next(1, Prefetch + 1);
        while (await session.NextAsync() is { } received)
        {
            if (proofs.TryTake(received))
                continue;
            if (received.Method != MethodId.BasicDeliver)
                throw new FaultException($"a delivery was expected, {received} came");
            if (queue.Delivered(received, this) is { } id)
                _held.Add((received.DeliveryTag, id));
            if (_held.Count < enough)
                continue;
            Settle(session, random);
            if (_unproven.Count >= random.Next(1, 2 * AcksToProve))
                Prove(session, proofs, random);
            await session.FlushAsync();
            enough = random.Next(1, Prefetch + 1);
        }
    }

    /// <summary>Settles what it holds but for a few, which it goes on holding.</summary>
    private void Settle(Session session, Random random)
    {
        int count = random.Next(1, _held.Count + 1);
        if (random.Next(2) == 0)
        {
            SettleUpTo(session, count, Choose(random));
            return;
        }
        for (; count > 0; count--)
            SettleOne(session, random.Next(_held.Count), Choose(random));
    }

    private Settlement Choose(Random random)
    {
        int chosen = random.Next(100);
        return chosen < RequeuePercent ? Settlement.Requeue
            : chosen < RequeuePercent + RejectPercent ? Settlement.Reject
            : Settlement.Ack;
    }

    private void SettleUpTo(Session session, int count, Settlement settlement)
    {
        ulong tag = _held[count - 1].Tag;
        List<MessageId> ids = _held.Take(count).Select(held => held.Id).ToList();
        WriteDown(ids, settlement);
        if (settlement == Settlement.Ack)
            session.Output.Add(Session.Channel, new BasicAck(tag, multiple: true));
        else
            session.Output.Add(Session.Channel, new BasicNack(tag, true, settlement == Settlement.Requeue));
        _held.RemoveRange(0, count);
    }

    private void SettleOne(Session session, int at, Settlement settlement)
    {
        (ulong tag, MessageId id) = _held[at];
        WriteDown([id], settlement);
        if (settlement == Settlement.Ack)
            session.Output.Add(Session.Channel, new BasicAck(tag, multiple: false));
        else
            session.Output.Add(Session.Channel, new BasicReject(tag, settlement == Settlement.Requeue));
        _held.RemoveAt(at);
    }

    private void WriteDown(List<MessageId> ids, Settlement settlement)
    {
        switch (settlement)
        {
            case Settlement.Requeue:
                queue.Requeuing(ids);
                break;
            case Settlement.Reject:
                queue.Rejecting(ids);
                break;
            default:
                queue.Acking(ids);
                _unproven.AddRange(ids);
                break;
        }
    }

    private void Prove(Session session, ConfirmedPublishing proofs, Random random)
    {
        List<MessageId> acked = [.. _unproven];
        _unproven.Clear();
        proofs.Add(session, new MessageKind(), random, () => queue.AcksProven(acked));
    }
}
