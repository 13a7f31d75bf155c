using Warren.Amqp;
using Warren.Broker.Tests.Connections;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Durability;

/// <summary>A client of a <see cref="DurableNode"/> on channel 1.</summary>
internal sealed class DurableClient(DurableNode node, Link link)
{
    public WireClient Wire => link.Client;

    public static FieldTable Arguments(params ReadOnlySpan<(string Name, FieldValue Value)> arguments)
    {
        var table = new FieldTable();
        foreach ((string name, FieldValue value) in arguments)
            table.Add(name, value);
        return table;
    }

    public Task<Received> DeclareAsync(
        string queue, FieldTable? arguments = null, bool durable = true, bool exclusive = false,
        bool autoDelete = false) =>
        node.CommittingAsync(Wire.CallAsync(
            1,
            new QueueDeclare(
                queue, passive: false, durable, exclusive, autoDelete, noWait: false, arguments ?? FieldTable.Empty),
            MethodId.QueueDeclareOk));

    /// <summary>Bound to a fanout exchange of this name.</summary>
    public async Task BindAsync(string exchange, params string[] queues)
    {
        await node.CommittingAsync(Wire.CallAsync(
            1,
            new ExchangeDeclare(
                exchange, "fanout", passive: false, durable: true, autoDelete: false, @internal: false, noWait: false,
                FieldTable.Empty),
            MethodId.ExchangeDeclareOk));
        foreach (string queue in queues)
        {
            await node.CommittingAsync(Wire.CallAsync(
                1, new QueueBind(queue, exchange, "", noWait: false, FieldTable.Empty), MethodId.QueueBindOk));
        }
    }

    public Task ConfirmAsync() => Wire.CallAsync(1, new ConfirmSelect(noWait: false), MethodId.ConfirmSelectOk);

    public Task PublishAsync(string queue, string body, bool persistent = true) =>
        PublishAsync("", queue, WireClient.Bytes(body), new BasicProperties { DeliveryMode = Mode(persistent) });

    public Task PublishAsync(
        string exchange, string key, byte[] body, BasicProperties properties, bool mandatory = false)
    {
        Wire.AddPublish(1, exchange, key, body, properties.ToArray(), mandatory);
        return Wire.FlushAsync();
    }

    /// <summary>Publishes, and waits for the confirm while everything is committed.</summary>
    public async Task PublishSafelyAsync(string queue, params string[] bodies)
    {
        foreach (string body in bodies)
        {
            await PublishAsync(queue, body);
            await node.CommittingAsync(Wire.ExpectAsync(MethodId.BasicAck));
        }
    }

    /// <summary>
    /// Returns when the queue has done all that this connection sent it: what it answers comes behind what it told
    /// before. How many are ready.
    /// </summary>
    public async Task<uint> PassAsync(string queue) => (await LookAsync(queue)).MessageCount;

    /// <summary>Twice, since confirms are gathered and go behind the replies of their time.</summary>
    public async Task<Received> LookAsync(string queue, ushort channel = 1)
    {
        await LookOnceAsync(queue, channel);
        return await LookOnceAsync(queue, channel);
    }

    /// <summary>basic.get; null: the queue is empty.</summary>
    public async Task<Received?> GetAsync(string queue, bool noAck = false)
    {
        await Wire.SendAsync(1, new BasicGet(queue, noAck));
        Received got = await Wire.NextAsync();
        Assert.True(got.Method is MethodId.BasicGetOk or MethodId.BasicGetEmpty, got.ToString());
        return got.Method == MethodId.BasicGetOk ? got : null;
    }

    /// <summary>Everything that is ready, taken for good, as text.</summary>
    public async Task<List<string>> DrainAsync(string queue)
    {
        var bodies = new List<string>();
        while (await GetAsync(queue, noAck: true) is { } got)
            bodies.Add(System.Text.Encoding.UTF8.GetString(got.Body));
        return bodies;
    }

    public async Task AckAsync(string queue, Received got)
    {
        await Wire.SendAsync(1, new BasicAck(got.DeliveryTag, multiple: false));
        await PassAsync(queue);
    }

    public async Task NackAsync(string queue, Received got, bool requeue)
    {
        await Wire.SendAsync(1, new BasicNack(got.DeliveryTag, multiple: false, requeue));
        await PassAsync(queue);
    }

    private Task<Received> LookOnceAsync(string queue, ushort channel) => Wire.CallAsync(
        channel,
        new QueueDeclare(
            queue, passive: true, durable: true, exclusive: false, autoDelete: false, noWait: false, FieldTable.Empty),
        MethodId.QueueDeclareOk);

    private static byte Mode(bool persistent) => (byte)(persistent ? 2 : 1);
}
