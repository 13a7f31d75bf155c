using Warren.Amqp;
using Warren.Faults.Ledgers;
using Warren.Faults.Nodes;
using Warren.Wire;

namespace Warren.Faults.Clients;

/// <summary>
/// Reads a queue to its end by basic.get while nobody else uses it, and has the ledger judge what is missing. Then it
/// either acks everything, with a proof that the acks are durable, or gives everything back.
/// </summary>
internal sealed class QueueReader(Ledger ledger)
{
    private const int GetsAtOnce = 64;

    private readonly Source _source = new(ledger.NewSource());

    /// <summary>Reads one queue; the result is how many messages it had.</summary>
    public async Task<int> ReadAsync(NodeProcess node, QueueLedger queue, bool takes)
    {
        try
        {
            return await TryReadAsync(node, queue, takes);
        }
        catch (TimeoutException)
        {
            throw new FaultException($"{queue.Name}: the broker did not answer while the queue was read");
        }
    }

    /// <summary>
    /// Takes so many messages and acks them, without proof; the result is how many there were. Others may use the
    /// queue.
    /// </summary>
    public async Task<int> TakeSomeAsync(NodeProcess node, QueueLedger queue, int count)
    {
        await using Session session = await OpenAsync(node);
        for (int taken = 0; taken < count; taken++)
        {
            session.Output.Add(Session.Channel, new BasicGet(queue.Name, noAck: false));
            await session.FlushAsync();
            Received answer = await NextAsync(session);
            if (answer.Method == MethodId.BasicGetEmpty)
                return taken;
            if (queue.Delivered(answer, this) is not { } id)
                continue;
            queue.Acking([id]);
            session.Output.Add(Session.Channel, new BasicAck(answer.DeliveryTag, multiple: false));
            await session.FlushAsync();
        }
        return count;
    }

    private async Task<int> TryReadAsync(NodeProcess node, QueueLedger queue, bool takes)
    {
        await using Session session = await OpenAsync(node);
        if (!await ConfirmedPublishing.BeginAsync(session))
            throw new FaultException("the node died while its queues were read");
        List<MessageId> found = [];
        ulong lastTag = 0;
        int came;
        do
        {
            came = 0;
            for (int gets = 0; gets < GetsAtOnce; gets++)
                session.Output.Add(Session.Channel, new BasicGet(queue.Name, noAck: false));
            await session.FlushAsync();
            for (int gets = 0; gets < GetsAtOnce; gets++)
            {
                Received answer = await NextAsync(session);
                if (answer.Method == MethodId.BasicGetEmpty)
                    continue;
                came++;
                lastTag = answer.DeliveryTag;
                if (queue.Delivered(answer, this) is { } id)
                    found.Add(id);
            }
        }
        while (came > 0);
        queue.ReadToItsEnd();
        if (takes)
            await TakeAsync(session, queue, found, lastTag);
        else
            await GiveBackAsync(session, queue, found, lastTag);
        return found.Count;
    }

    private static async Task<Session> OpenAsync(NodeProcess node) =>
        await Session.OpenAsync(node) ?? throw new FaultException("the node died while its queues were read");

    /// <summary>What comes next; that publishers are blocked for a while or no longer concerns nobody here.</summary>
    private static async Task<Received> NextAsync(Session session)
    {
        Received next;
        do
        {
            next = await session.NextAsync() ?? throw new FaultException("the node died while its queues were read");
        }
        while (next.Method is MethodId.ConnectionBlocked or MethodId.ConnectionUnblocked);
        return next;
    }

    private async Task TakeAsync(Session session, QueueLedger queue, List<MessageId> found, ulong lastTag)
    {
        var proof = new ConfirmedPublishing(ledger, _source, "", queue.Name, [queue]);
        queue.Acking(found);
        if (lastTag > 0)
            session.Output.Add(Session.Channel, new BasicAck(lastTag, multiple: true));
        // The end of every reader's run is a message, which the next life finds: nobody reads for nothing.
        proof.Add(session, new MessageKind(), new Random(found.Count), () => queue.AcksProven(found));
        await session.FlushAsync();
        while (proof.Open > 0)
            proof.TryTake(await NextAsync(session));
    }

    private static async Task GiveBackAsync(
        Session session, QueueLedger queue, List<MessageId> found, ulong lastTag)
    {
        queue.Requeuing(found);
        if (lastTag > 0)
            session.Output.Add(Session.Channel, new BasicNack(lastTag, multiple: true, requeue: true));
        // An answer on the same channel, so that what is given back is on its way before anybody else comes.
        session.Output.Add(
            Session.Channel,
            new QueueDeclare(queue.Name, passive: true, false, false, false, false, FieldTable.Empty));
        await session.CallAsync(MethodId.QueueDeclareOk);
    }
}
