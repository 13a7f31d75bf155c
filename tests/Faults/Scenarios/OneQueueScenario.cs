using System.Text;
using Warren.Amqp;
using Warren.Faults.Clusters;
using Warren.Faults.Hosts;
using Warren.Wire;

namespace Warren.Faults.Scenarios;

/// <summary>
/// One durable queue of a cluster: declared on its first node, published to through the second, consumed through the
/// third, counted on all. Then its home is killed, which everybody is told, and comes back with all that was confirmed.
/// </summary>
internal sealed class OneQueueScenario(JoinedHosts cluster, Action<string> report)
{
    private const string Queue = "one-home";
    private const int Published = 20;
    private const int Consumed = 5;

    /// <summary>Messages that a consumer has when the queue's home is killed.</summary>
    private const int Held = 3;

    private static readonly byte[] Persistent = new BasicProperties { DeliveryMode = 2 }.ToArray();

    public async Task RunAsync(DefinitionNames names)
    {
        names.Queues.Asked(Queue);
        await using (WireClient first = await OpenAsync(cluster.Hosts[0]))
            await first.CallAsync(1, Declare(passive: false), MethodId.QueueDeclareOk);
        names.Queues.Declared(Queue);
        await PublishAsync();
        await ConsumeAsync();
        foreach (Host host in cluster.Hosts)
            await CountsAsync(host, Published - Consumed);
        await using WireClient consumer = await OpenAsync(cluster.Hosts[2]);
        await consumer.PrefetchAsync(1, Held);
        await consumer.ConsumeAsync(1, Queue);
        await DeliversAsync(consumer, Consumed, Held, isRedelivered: false);
        await cluster.Hosts[0].KillAsync();
        await consumer.ExpectAsync(MethodId.BasicCancel);
        await IsDownAsync();
        cluster.Hosts[0].Launch();
        await cluster.WholeAsync();
        foreach (Host host in cluster.Hosts)
            await CountsAsync(host, Published - Consumed);
        // The consumer that was cancelled holds nothing any more; whom it was cancelled for gets all, in order.
        await using WireClient next = await OpenAsync(cluster.Hosts[1]);
        await next.ConsumeAsync(1, Queue);
        await DeliversAsync(next, Consumed, Held, isRedelivered: true);
        ulong last = await DeliversAsync(next, Consumed + Held, Published - Consumed - Held, isRedelivered: null);
        await next.SendAsync(1, new BasicAck(last, multiple: true));
        foreach (Host host in cluster.Hosts)
            await CountsAsync(host, 0);
        report("a queue of one node worked from all, was said to be down with it, and came back whole and in order");
    }

    private async Task PublishAsync()
    {
        await using WireClient client = await OpenAsync(cluster.Hosts[1]);
        await client.CallAsync(1, new ConfirmSelect(noWait: false), MethodId.ConfirmSelectOk);
        for (int number = 0; number < Published; number++)
            client.AddPublish(1, "", Queue, Encoding.UTF8.GetBytes($"{number}"), Persistent);
        await client.FlushAsync();
        while ((await client.ExpectAsync(MethodId.BasicAck)).Sequence < Published)
        {
        }
    }

    private async Task ConsumeAsync()
    {
        await using WireClient client = await OpenAsync(cluster.Hosts[2]);
        for (int number = 0; number < Consumed; number++)
        {
            Received got = await client.CallAsync(1, new BasicGet(Queue, noAck: false), MethodId.BasicGetOk);
            if (Encoding.UTF8.GetString(got.Body) != $"{number}")
                throw new FaultException($"message {number} was expected, {Encoding.UTF8.GetString(got.Body)} came");
            await client.SendAsync(1, new BasicAck(got.DeliveryTag, multiple: false));
        }
        // Its answer is behind the acknowledgements.
        await client.CallAsync(1, Declare(passive: true), MethodId.QueueDeclareOk);
    }

    // The tag of the last. What was in nobody's hands may be marked too when the home was killed; null: either.
    private static async Task<ulong> DeliversAsync(WireClient client, int first, int count, bool? isRedelivered)
    {
        ulong tag = 0;
        for (int number = first; number < first + count; number++)
        {
            Received got = await client.ExpectAsync(MethodId.BasicDeliver);
            string body = Encoding.UTF8.GetString(got.Body);
            if (body != $"{number}" || got.IsRedelivered != (isRedelivered ?? got.IsRedelivered))
            {
                throw new FaultException(
                    $"message {number}, redelivered {isRedelivered}, was expected; {body}, {got.IsRedelivered}, came");
            }
            tag = got.DeliveryTag;
        }
        return tag;
    }

    private async Task IsDownAsync()
    {
        await using WireClient client = await OpenAsync(cluster.Hosts[1]);
        await client.CallAsync(1, new ConfirmSelect(noWait: false), MethodId.ConfirmSelectOk);
        client.AddPublish(1, "", Queue, "lost"u8, Persistent);
        await client.FlushAsync();
        await client.ExpectAsync(MethodId.BasicNack);
        Received closed = await client.CallAsync(1, Declare(passive: true), MethodId.ChannelClose);
        string expected = $"404 NOT_FOUND - home node '{cluster.Hosts[0].NodeName}' of durable queue '{Queue}' "
            + "in vhost '/' is down or inaccessible";
        if (closed.CloseReason != expected)
            throw new FaultException($"\"{expected}\" was expected, \"{closed.CloseReason}\" came");
    }

    private static async Task CountsAsync(Host host, int messages)
    {
        string list = "";
        for (int attempt = 0; attempt < 50; attempt++)
        {
            list = await host.MustAsync("rabbitmqctl -q -s list_queues name messages");
            if (list.Split('\n').Contains($"{Queue}\t{messages}"))
                return;
            await Task.Delay(200);
        }
        throw new FaultException($"{host.Name} does not say that {Queue} has {messages} messages:\n{list}");
    }

    private static async Task<WireClient> OpenAsync(Host host)
    {
        WireClient client = await host.ConnectAsync();
        await client.LoginAsync();
        await client.OpenChannelAsync(1);
        return client;
    }

    private static QueueDeclare Declare(bool passive) => new(
        Queue, passive, durable: true, exclusive: false, autoDelete: false, noWait: false, FieldTable.Empty);
}
