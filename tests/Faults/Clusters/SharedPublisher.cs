using Warren.Amqp;
using Warren.Faults.Hosts;
using Warren.Faults.Ledgers;
using Warren.Wire;

namespace Warren.Faults.Clusters;

/// <summary>
/// Publishes with confirms through one node, batch by batch, to queues of any node. Every message is confirmed or
/// refused in bounded time. After a lost connection it is somebody else: only within one connection is there an order.
/// </summary>
/// <param name="exchange">Empty: the default exchange, which has one queue to be routed to.</param>
internal sealed class SharedPublisher(
    Host host, string exchange, IReadOnlyList<SharedQueue> queues, SharedSources sources, Answers answers, int seed)
{
    private const int MostAtOnce = 10;

    private readonly Random _random = new(seed);

    private string Describe => exchange.Length == 0 ? queues[0].Name : exchange;

    /// <summary>Goes on until it is told to end; then all that was sent is answered.</summary>
    public async Task RunAsync(CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            try
            {
                await using WireClient client = await host.ConnectAsync();
                await client.LoginAsync();
                await client.OpenChannelAsync(1);
                await client.CallAsync(1, new ConfirmSelect(noWait: false), MethodId.ConfirmSelectOk);
                var open = new Dictionary<ulong, MessageId>();
                try
                {
                    await PublishAsync(client, open, end);
                }
                finally
                {
                    foreach (SharedQueue queue in queues)
                    {
                        for (int left = open.Count; left > 0; left--)
                            queue.Refuse();
                    }
                }
            }
            catch (Exception error) when (Declarer.IsTurnedAway(error))
            {
                await Task.Delay(50, CancellationToken.None);
            }
        }
    }

    private async Task PublishAsync(WireClient client, Dictionary<ulong, MessageId> open, CancellationToken end)
    {
        int source = sources.Next();
        ulong tag = 0;
        while (!end.IsCancellationRequested)
        {
            for (int count = _random.Next(1, MostAtOnce + 1); count > 0; count--)
            {
                var message = new Message(
                    new MessageId(source, (long)++tag), _random.Next(Message.HeadBytes, 1000), IsPersistent: true);
                foreach (SharedQueue queue in queues)
                    queue.Publishing(message);
                open.Add(tag, message.Id);
                client.AddPublish(
                    1, exchange, exchange.Length == 0 ? queues[0].Name : "", message.Body(), message.Properties());
            }
            await client.FlushAsync();
            if (!await ConfirmsAsync(client, open))
                return;
            await Task.Delay(_random.Next(5, 40), CancellationToken.None);
        }
    }

    private async Task<bool> ConfirmsAsync(WireClient client, Dictionary<ulong, MessageId> open)
    {
        long since = Answers.Now;
        while (open.Count > 0)
        {
            Received answer = await Answers.WithinAsync(
                client.NextAsync(), host.Name, $"publishes to {Describe}", () => host.Log);
            if (answer.Method is MethodId.ChannelClose or MethodId.ConnectionClose)
            {
                answers.Refused(host.Name, "basic.publish", answer.CloseReason, since);
                return false;
            }
            if (answer.Method is not (MethodId.BasicAck or MethodId.BasicNack))
            {
                answers.Else("basic.publish", answer.ToString(), since);
                return false;
            }
            Settle(answer, open, since);
        }
        return true;
    }

    private void Settle(Received answer, Dictionary<ulong, MessageId> open, long since)
    {
        bool isAck = answer.Method == MethodId.BasicAck;
        ulong sequence = answer.Sequence;
        foreach (ulong tag in open.Keys.Where(tag =>
            tag == sequence || (answer.IsMultiple && tag < sequence)).ToArray())
        {
            open.Remove(tag, out MessageId id);
            answers.Else("basic.publish", isAck ? "ack" : "nack", since);
            foreach (SharedQueue queue in queues)
            {
                if (isAck)
                    queue.Confirm(id);
                else
                    queue.Refuse();
            }
        }
    }
}
