using Warren.Amqp;
using Warren.Wire;

namespace Warren.Cli.Tests.Golden;

/// <summary>
/// A node in the state that the recordings were made in: two virtual hosts, three users, a policy, an operator policy,
/// queues of all kinds that are built, five messages, two clients that stay.
/// </summary>
internal sealed class Populated : IAsyncDisposable
{
    private readonly WireClient _first;
    private readonly WireClient _second;

    private Populated(ControlledNode node, WireClient first, WireClient second)
    {
        Node = node;
        _first = first;
        _second = second;
    }

    public ControlledNode Node { get; }

    public static async Task<Populated> StartAsync()
    {
        string definitions = Path.Combine(AppContext.BaseDirectory, "Golden", "definitions.json");
        ControlledNode node = await ControlledNode.StartAsync(
            $"cluster_name = rabbit@vm\nload_definitions = {definitions}\n");
        File.WriteAllText(
            node.Host.Options.Places.EnabledPluginsFile, "[rabbitmq_management,rabbitmq_prometheus].\n");
        WireClient first = await LoginAsync(node, "guest", "guest", "/", "app-1");
        await DefineAsync(first);
        await PublishAsync(node, first);
        await ConsumeAsync(node, first);
        WireClient second = await LoginAsync(node, "app", "app-pw", "v1", "app-2");
        await second.OpenChannelAsync(1);
        await second.CallAsync(1, Declare("v1.q", durable: true), MethodId.QueueDeclareOk);
        await second.ConsumeAsync(1, "v1.q", "v1c");
        await second.CallAsync(1, new BasicQos(0, 10, global: true), MethodId.BasicQosOk);
        return new Populated(node, first, second);
    }

    public async ValueTask DisposeAsync()
    {
        await _first.DisposeAsync();
        await _second.DisposeAsync();
        await Node.DisposeAsync();
    }

    private static async Task<WireClient> LoginAsync(
        ControlledNode node, string user, string password, string vhost, string name)
    {
        WireClient client = await node.ConnectAsync();
        await client.AddRaw(ProtocolHeader.Amqp091).FlushAsync();
        await client.ExpectAsync(MethodId.ConnectionStart);
        var properties = new FieldTable
        {
            ["product"] = FieldValue.Of("gt"),
            ["version"] = FieldValue.Of("1"),
            ["platform"] = FieldValue.Of("py"),
            ["connection_name"] = FieldValue.Of(name),
            ["capabilities"] = FieldValue.Of(new FieldTable
            {
                ["publisher_confirms"] = FieldValue.Of(true),
                ["exchange_exchange_bindings"] = FieldValue.Of(true),
                ["basic.nack"] = FieldValue.Of(true),
                ["consumer_cancel_notify"] = FieldValue.Of(true),
                ["connection.blocked"] = FieldValue.Of(true),
                ["authentication_failure_close"] = FieldValue.Of(true),
            }),
        };
        await client.SendAsync(0, new ConnectionStartOk(properties, "PLAIN", $"\0{user}\0{password}", "en_US"));
        await client.ExpectAsync(MethodId.ConnectionTune);
        client.Add(0, new ConnectionTuneOk(2047, 131_072, 0)).Add(0, new ConnectionOpen(vhost));
        await client.FlushAsync();
        await client.ExpectAsync(MethodId.ConnectionOpenOk);
        return client;
    }

    private static async Task DefineAsync(WireClient client)
    {
        await client.OpenChannelAsync(1);
        await client.OpenChannelAsync(2);
        await ExchangeAsync(client, "ex.topic", "topic", durable: true);
        await ExchangeAsync(
            client, "ex.fan", "fanout", durable: false, autoDelete: true,
            arguments: new FieldTable { ["alternate-exchange"] = FieldValue.Of("amq.fanout") });
        await ExchangeAsync(client, "ex.int", "headers", durable: true, isInternal: true);
        await QueueAsync(client, Declare("orders", durable: true, arguments: new FieldTable
        {
            ["x-dead-letter-exchange"] = FieldValue.Of("amq.direct"),
            ["x-max-priority"] = FieldValue.Of(5),
        }));
        await QueueAsync(client, Declare("orders.qq", durable: true, arguments: new FieldTable
        {
            ["x-queue-type"] = FieldValue.Of("quorum"),
            ["x-delivery-limit"] = FieldValue.Of(5),
        }));
        await QueueAsync(client, Declare("tmp.excl", exclusive: true));
        await QueueAsync(client, Declare("tmp.ad", autoDelete: true));
        await QueueAsync(client, Declare("lazy", durable: true, arguments: new FieldTable
        {
            ["x-queue-mode"] = FieldValue.Of("lazy"),
        }));
        await QueueAsync(client, Declare("ha.one", durable: true));
        await QueueAsync(client, Declare("empty", durable: true));
        await BindAsync(client, "orders", "ex.topic", "order.*");
        await BindAsync(client, "orders.qq", "ex.topic", "order.#", new FieldTable { ["k"] = FieldValue.Of(1) });
        await BindAsync(client, "tmp.ad", "ex.fan", "");
        await client.CallAsync(
            1, new ExchangeBind("ex.int", "ex.topic", "x.#", noWait: false, FieldTable.Empty), MethodId.ExchangeBindOk);
    }

    private static async Task PublishAsync(ControlledNode node, WireClient client)
    {
        for (int i = 0; i < 5; i++)
            client.AddPublish(1, "ex.topic", "order.new", WireClient.Bytes($"payload-{i}"), Persistent($"m{i}", i));
        client.AddPublish(1, "", "lazy", [0, 1, 255], Persistent(null));
        client.AddPublish(1, "", "ha.one", WireClient.Bytes("x"), Persistent(null));
        await client.FlushAsync();
        await Eventually.True(() => node.Broker.AllQueues().Sum(queue => queue.Home.ReadyCount) == 12);
    }

    private static async Task ConsumeAsync(ControlledNode node, WireClient client)
    {
        await client.PrefetchAsync(1, 2);
        var priority = new FieldTable { ["x-priority"] = FieldValue.Of(3) };
        await client.CallAsync(
            1, new BasicConsume("orders", "ctag-1", false, noAck: false, exclusive: false, false, priority),
            MethodId.BasicConsumeOk);
        await client.ExpectAsync(MethodId.BasicDeliver);
        await client.ExpectAsync(MethodId.BasicDeliver);
        await client.CallAsync(
            2, new BasicConsume("tmp.excl", "ctag-x", false, noAck: true, exclusive: true, false, FieldTable.Empty),
            MethodId.BasicConsumeOk);
        await client.CallAsync(2, new ConfirmSelect(false), MethodId.ConfirmSelectOk);
    }

    private static byte[] Persistent(string? messageId, int? number = null)
    {
        var properties = new BasicProperties { DeliveryMode = 2, MessageId = messageId };
        if (number is { } n)
        {
            properties.ContentType = "text/plain";
            properties.Headers = new FieldTable { ["n"] = FieldValue.Of(n) };
        }
        byte[] encoded = new byte[properties.EncodedSizeBytes];
        properties.Encode(encoded);
        return encoded;
    }

    private static QueueDeclare Declare(
        string name, bool durable = false, bool exclusive = false, bool autoDelete = false,
        FieldTable? arguments = null) =>
        new(name, false, durable, exclusive, autoDelete, false, arguments ?? FieldTable.Empty);

    private static Task<Received> QueueAsync(WireClient client, QueueDeclare declare) =>
        client.CallAsync(1, declare, MethodId.QueueDeclareOk);

    private static Task<Received> BindAsync(
        WireClient client, string queue, string exchange, string key, FieldTable? arguments = null) =>
        client.CallAsync(
            1, new QueueBind(queue, exchange, key, false, arguments ?? FieldTable.Empty), MethodId.QueueBindOk);

    private static Task<Received> ExchangeAsync(
        WireClient client, string name, string type, bool durable, bool autoDelete = false, bool isInternal = false,
        FieldTable? arguments = null) =>
        client.CallAsync(
            1,
            new ExchangeDeclare(
                name, type, false, durable, autoDelete, isInternal, false, arguments ?? FieldTable.Empty),
            MethodId.ExchangeDeclareOk);
}
