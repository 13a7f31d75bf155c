using Warren.Amqp;
using Warren.Faults.Ledgers;
using Warren.Wire;

namespace Warren.Faults.Clients;

/// <summary>
/// Publishes in transactions and acks in them what it gets from the same queue. Nothing counts before tx.commit is
/// sent; all of it is durable once tx.commit-ok has come; what is rolled back never happened.
/// </summary>
internal sealed class TransactionClient(string name, Ledger ledger, QueueLedger queue) : Client(name)
{
    private const ushort Prefetch = 30;

    private readonly Source _source = new(ledger.NewSource());
    private readonly List<(ulong Tag, MessageId Id)> _held = [];
    private readonly List<Message> _published = [];
    private readonly List<MessageId> _acked = [];

    /// <summary>What it publishes.</summary>
    public MessageKind Kind { get; init; } = new();

    protected override async Task WorkAsync(Session session, Random random)
    {
        _held.Clear();
        session.Output.Add(Session.Channel, default(TxSelect));
        if (await session.CallAsync(MethodId.TxSelectOk) is null)
            return;
        session.Output.Add(Session.Channel, new BasicQos(0, Prefetch, global: false));
        if (await session.CallAsync(MethodId.BasicQosOk) is null)
            return;
        session.Output.Add(Session.Channel, WireClient.Consume(queue.Name, "", noAck: false, noWait: false));
        if (await session.CallAsync(MethodId.BasicConsumeOk) is null)
            return;
        while (await TransactAsync(session, random))
        {
        }
    }

    private async Task<bool> TransactAsync(Session session, Random random)
    {
        bool isRolledBack = random.Next(10) == 0;
        _published.Clear();
        _acked.Clear();
        for (int count = random.Next(1, 20); count > 0; count--)
        {
            Message message = Kind.Make(_source.NextId(), random);
            session.Output.AddPublish(Session.Channel, "", queue.Name, message.Body(), message.Properties());
            _published.Add(message);
        }
        if (!isRolledBack)
            AckSome(session, random);
        // Now and then the transaction is at the broker for a while without its end.
        if (random.Next(2) == 0)
            await session.FlushAsync();
        return isRolledBack ? await RollBackAsync(session) : await CommitAsync(session);
    }

    private void AckSome(Session session, Random random)
    {
        for (int count = random.Next(_held.Count + 1); count > 0; count--)
        {
            int at = random.Next(_held.Count);
            session.Output.Add(Session.Channel, new BasicAck(_held[at].Tag, multiple: false));
            _acked.Add(_held[at].Id);
            _held.RemoveAt(at);
        }
    }

    private async Task<bool> CommitAsync(Session session)
    {
        ledger.Publishing(_published, [queue]);
        queue.Acking(_acked);
        session.Output.Add(Session.Channel, default(TxCommit));
        if (!await EndAsync(session, MethodId.TxCommitOk))
            return false;
        foreach (Message message in _published)
            ledger.Confirmed(message, [queue]);
        queue.AcksProven(_acked);
        return true;
    }

    private async Task<bool> RollBackAsync(Session session)
    {
        session.Output.Add(Session.Channel, default(TxRollback));
        return await EndAsync(session, MethodId.TxRollbackOk);
    }

    /// <summary>Takes deliveries until the answer comes; false at the end of the connection.</summary>
    private async Task<bool> EndAsync(Session session, uint answer)
    {
        await session.FlushAsync();
        while (await session.NextAsync() is { } received)
        {
            if (received.Method == answer)
                return true;
            if (received.Method != MethodId.BasicDeliver)
                throw new FaultException($"{MethodNames.NameOf(answer)} was expected, {received} came");
            if (queue.Delivered(received, this) is { } id)
                _held.Add((received.DeliveryTag, id));
        }
        return false;
    }
}
