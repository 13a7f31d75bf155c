using System.Globalization;
using System.Text;
using Warren.Amqp;
using Warren.Broker.Channels;
using Warren.Broker.Queues;
using Warren.Broker.Tests.Connections;
using Warren.Broker.Tests.Policies;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Cluster;

/// <summary>
/// A queue that lives on one node gets members on all while clients of several nodes use it, and none of them notices.
/// </summary>
public sealed class ConversionTests : IAsyncDisposable
{
    private const int Messages = 3000;

    // delivery_mode 2
    private static readonly byte[] Persistent = [0x10, 0x00, 2];

    private readonly LiveCluster _cluster = new(3);

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(1, 2)]
    [InlineData(2, 1)]
    public async Task Nobody_notices(int publishers, int consumers)
    {
        await _cluster.ServingAsync();
        Link publisher = await _cluster[publishers].ConnectWithChannelAsync();
        Link consumer = await _cluster[consumers].ConnectWithChannelAsync();
        await _cluster[1].Broker.Operations.DeclareAsync("/", "q", true, false, FieldTable.Empty);
        await publisher.Client.CallAsync(1, new ConfirmSelect(false), MethodId.ConfirmSelectOk);
        await consumer.Client.SendAsync(1, new BasicQos(0, 50, global: false));
        await consumer.Client.ExpectAsync(MethodId.BasicQosOk);
        await consumer.Client.SendAsync(1, WireClient.Consume("q", "c", noAck: false, noWait: false));
        await consumer.Client.ExpectAsync(MethodId.BasicConsumeOk);
        Task published = PublishAsync(publisher.Client, Messages);
        Task consumed = ConsumeAsync(consumer.Client);
        await _cluster[1].Broker.Administration.Policies.SetAsync("/", "ha", "^q$", Fields.Of(("ha-mode", "all")));
        await published;
        await consumed;
        await Eventually.True(() => Has("q", 3));
    }

    /// <summary>
    /// A queue whose rejected messages come back to it, at once, or by way of another that becomes a replicated one at
    /// the same time: no queue waits for the other, and each message goes round until it is acknowledged once.
    /// </summary>
    [Theory]
    [InlineData(1, "q")]
    [InlineData(2, "q")]
    [InlineData(1, "r")]
    [InlineData(2, "r")]
    public async Task Rejected_messages_go_round_meanwhile(int consumers, string by)
    {
        const int messages = 600;
        await _cluster.ServingAsync();
        Link consumer = await _cluster[consumers].ConnectWithChannelAsync();
        Link publisher = await _cluster[1].ConnectWithChannelAsync();
        await _cluster[1].Broker.Operations.DeclareAsync(
            "/", "q", true, false, Fields.Of(("x-dead-letter-exchange", ""), ("x-dead-letter-routing-key", by)));
        await _cluster[2].Broker.Operations.DeclareAsync(
            "/", "r", true, false,
            Fields.Of(("x-dead-letter-exchange", ""), ("x-dead-letter-routing-key", "q"), ("x-message-ttl", 1)));
        await publisher.Client.CallAsync(1, new ConfirmSelect(false), MethodId.ConfirmSelectOk);
        await consumer.Client.SendAsync(1, new BasicQos(0, 20, global: false));
        await consumer.Client.ExpectAsync(MethodId.BasicQosOk);
        await consumer.Client.SendAsync(1, WireClient.Consume("q", "c", noAck: false, noWait: false));
        await consumer.Client.ExpectAsync(MethodId.BasicConsumeOk);
        Task published = PublishAsync(publisher.Client, messages);
        bool isReplicated = false;
        Task round = RejectUntilAsync(() => Volatile.Read(ref isReplicated), consumer.Client, messages);
        await _cluster[1].Broker.Administration.Policies.SetAsync("/", "ha", "^[qr]$", Fields.Of(("ha-mode", "all")));
        await published;
        await Eventually.True(() => Has("q", 3) && Has("r", 3));
        Volatile.Write(ref isReplicated, true);
        await round;
    }

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    private static async Task RejectUntilAsync(Func<bool> isOver, WireClient client, int messages)
    {
        var acknowledged = new HashSet<string>();
        while (acknowledged.Count < messages)
        {
            Received delivery = await client.NextAsync();
            Assert.Equal(MethodId.BasicDeliver, delivery.Method);
            string text = Encoding.ASCII.GetString(delivery.Body);
            if (!isOver())
            {
                await client.SendAsync(1, new BasicReject(delivery.DeliveryTag, requeue: false));
                continue;
            }
            Assert.True(acknowledged.Add(text), $"{text} came again");
            await client.SendAsync(1, new BasicAck(delivery.DeliveryTag, multiple: false));
        }
    }

    private bool Has(string name, int members) => Enumerable.Range(1, 3).All(number =>
    {
        MessageBroker broker = _cluster[number].Broker;
        QueueDefinition queue = broker.AllQueues().Single(one => one.Name == name);
        return queue.Members.Length == members && broker.QueueLinks!.LeaderBook.MembersOf(queue.Id.Value) is { } told
            && told.Members.Count(static member => member.IsVoter) == members;
    });

    private static async Task PublishAsync(WireClient client, int messages)
    {
        int confirmed = 0;
        for (int number = 0; number < messages; number++)
        {
            client.AddPublish(1, "", "q", WireClient.Bytes($"{number}"), number % 3 > 0 ? Persistent : default);
            if (number % 10 < 9)
                continue;
            await client.FlushAsync();
            while (confirmed < number - 100)
                confirmed += await ConfirmAsync(client, confirmed);
        }
        while (confirmed < messages)
            confirmed += await ConfirmAsync(client, confirmed);
    }

    private static async Task<int> ConfirmAsync(WireClient client, int confirmed)
    {
        Received ack = await client.NextAsync();
        Assert.Equal(MethodId.BasicAck, ack.Method);
        return ack.IsMultiple ? (int)ack.Sequence - confirmed : 1;
    }

    private static async Task ConsumeAsync(WireClient client)
    {
        for (int number = 0; number < Messages; number++)
        {
            Received delivery = await client.NextAsync();
            Assert.Equal(MethodId.BasicDeliver, delivery.Method);
            Assert.False(delivery.IsRedelivered);
            Assert.Equal(number, int.Parse(Encoding.ASCII.GetString(delivery.Body), CultureInfo.InvariantCulture));
            await client.SendAsync(1, new BasicAck(delivery.DeliveryTag, multiple: false));
        }
    }
}
