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
        Task published = PublishAsync(publisher.Client);
        Task consumed = ConsumeAsync(consumer.Client);
        await _cluster[1].Broker.Administration.Policies.SetAsync("/", "ha", "^q$", Fields.Of(("ha-mode", "all")));
        await published;
        await consumed;
        await Eventually.True(() => Has(3));
    }

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    private bool Has(int members) => Enumerable.Range(1, 3).All(number =>
    {
        MessageBroker broker = _cluster[number].Broker;
        QueueDefinition queue = broker.AllQueues().Single();
        return queue.Members.Length == members && broker.QueueLinks!.LeaderBook.MembersOf(queue.Id.Value) is { } told
            && told.Members.Count(static member => member.IsVoter) == members;
    });

    private static async Task PublishAsync(WireClient client)
    {
        int confirmed = 0;
        for (int number = 0; number < Messages; number++)
        {
            client.AddPublish(1, "", "q", WireClient.Bytes($"{number}"), number % 3 > 0 ? Persistent : default);
            if (number % 10 < 9)
                continue;
            await client.FlushAsync();
            while (confirmed < number - 100)
                confirmed += await ConfirmAsync(client, confirmed);
        }
        while (confirmed < Messages)
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
