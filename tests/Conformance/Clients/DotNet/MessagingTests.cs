using System.Collections.Concurrent;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;
using Warren.Conformance.Harness;
using Xunit;

namespace Warren.Conformance.Clients.DotNet;

/// <summary>What programs with RabbitMQ.Client do with messages.</summary>
public sealed class MessagingTests(BrokerFixture fixture) : DotNetClient(fixture)
{
    [Fact]
    public async Task A_work_queue_loses_nothing_when_a_worker_dies()
    {
        string queue = Name("work");
        await using IChannel producer = await OpenAsync(confirms: true);
        await producer.QueueDeclareAsync(
            queue, durable: true, exclusive: false, autoDelete: false, cancellationToken: Stop);
        for (int i = 0; i < 200; i++)
            await producer.BasicPublishAsync("", queue, Bytes($"{i}"), Stop);

        IConnection dying = await Factory(Broker).CreateConnectionAsync(Stop);
        IChannel dyingChannel = await dying.CreateChannelAsync(cancellationToken: Stop);
        await dyingChannel.BasicQosAsync(0, 50, global: false, Stop);
        BlockingCollection<BasicDeliverEventArgs> held = await ConsumeAsync(dyingChannel, queue, acknowledge: false);
        List<BasicDeliverEventArgs> first = Take(held, 50);
        await dyingChannel.BasicAckAsync(first[9].DeliveryTag, multiple: true, Stop);
        await dying.AbortAsync(Stop);
        await dying.DisposeAsync();

        await using IChannel worker = await OpenAsync();
        List<BasicDeliverEventArgs> rest = Take(await ConsumeAsync(worker, queue), 190);
        Assert.Equal(
            Enumerable.Range(10, 190).Select(i => $"{i}"), rest.Select(one => Text(one.Body)).OrderBy(int.Parse));
        Assert.InRange(rest.Count(one => one.Redelivered), 40, 50);
        Assert.Equal(0u, await producer.QueueDeleteAsync(queue, false, false, Stop));
    }

    [Fact]
    public async Task Publish_and_subscribe_and_topics()
    {
        string fanout = Name("fanout");
        string topic = Name("topic");
        await using IChannel channel = await OpenAsync(confirms: true);
        await channel.ExchangeDeclareAsync(fanout, ExchangeType.Fanout, autoDelete: true, cancellationToken: Stop);
        await channel.ExchangeDeclareAsync(topic, ExchangeType.Topic, autoDelete: true, cancellationToken: Stop);
        string[] patterns = ["#", "kern.*", "*.critical", "a.#.z"];
        Dictionary<string, string> queues = [];
        foreach (string pattern in patterns)
        {
            string queue = (await channel.QueueDeclareAsync(cancellationToken: Stop)).QueueName;
            queues[pattern] = queue;
            await channel.QueueBindAsync(queue, fanout, "", cancellationToken: Stop);
            await channel.QueueBindAsync(queue, topic, pattern, cancellationToken: Stop);
        }

        await channel.BasicPublishAsync(fanout, "", Bytes("all"), Stop);
        foreach (string key in (string[])["kern.critical", "kern.info", "a.z", "a.b.c.z"])
            await channel.BasicPublishAsync(topic, key, Bytes(key), Stop);
        Dictionary<string, string> expected = new()
        {
            ["#"] = "all kern.critical kern.info a.z a.b.c.z",
            ["kern.*"] = "all kern.critical kern.info",
            ["*.critical"] = "all kern.critical",
            ["a.#.z"] = "all a.z a.b.c.z",
        };
        foreach (string pattern in patterns)
        {
            List<string> got = [];
            while (await channel.BasicGetAsync(queues[pattern], autoAck: true, Stop) is { } one)
                got.Add(Text(one.Body));
            Assert.Equal(expected[pattern], string.Join(' ', got));
        }
    }

    [Fact]
    public async Task Calls_with_direct_reply_to()
    {
        string queue = Name("rpc");
        await using IChannel server = await OpenAsync();
        await server.QueueDeclareAsync(queue, cancellationToken: Stop);
        AsyncEventingBasicConsumer serving = new(server);
        serving.ReceivedAsync += async (_, call) =>
        {
            BasicProperties reply = new() { CorrelationId = call.BasicProperties.CorrelationId };
            await server.BasicPublishAsync(
                "", call.BasicProperties.ReplyTo!, false, reply, Bytes(Text(call.Body) + "!"), Stop);
        };
        await server.BasicConsumeAsync(queue, autoAck: true, serving, Stop);

        await using IChannel client = await OpenAsync();
        BlockingCollection<string> replies = [];
        AsyncEventingBasicConsumer waiting = new(client);
        waiting.ReceivedAsync += (_, reply) =>
        {
            replies.Add($"{reply.BasicProperties.CorrelationId}:{Text(reply.Body)}");
            return Task.CompletedTask;
        };
        await client.BasicConsumeAsync("amq.rabbitmq.reply-to", autoAck: true, waiting, Stop);
        for (int i = 0; i < 100; i++)
        {
            BasicProperties call = new() { CorrelationId = $"{i}", ReplyTo = "amq.rabbitmq.reply-to" };
            await client.BasicPublishAsync("", queue, false, call, Bytes($"hello {i}"), Stop);
            Assert.True(replies.TryTake(out string? answer, Patience));
            Assert.Equal($"{i}:hello {i}!", answer);
        }
    }

    [Fact]
    public async Task Confirms_and_returns_reach_the_publisher()
    {
        string queue = Name("full");
        await using IChannel channel = await OpenAsync(confirms: true);
        Dictionary<string, object?> arguments = new() { ["x-max-length"] = 1, ["x-overflow"] = "reject-publish" };
        await channel.QueueDeclareAsync(queue, true, false, false, arguments, cancellationToken: Stop);
        await channel.BasicPublishAsync("", queue, Bytes("fits"), Stop);
        PublishException refused = await Assert.ThrowsAnyAsync<PublishException>(
            async () => await channel.BasicPublishAsync("", queue, Bytes("does not"), Stop));
        Assert.False(refused.IsReturn);
        PublishException returned = await Assert.ThrowsAnyAsync<PublishException>(
            async () => await channel.BasicPublishAsync("", Name("nowhere"), mandatory: true, Bytes("x"), Stop));
        Assert.True(returned.IsReturn);
        List<Task> batch = [];
        for (int i = 0; i < 500; i++)
            batch.Add(channel.BasicPublishAsync("", Name("unroutable"), Bytes($"{i}"), Stop).AsTask());
        await Task.WhenAll(batch);
        await channel.QueueDeleteAsync(queue, false, false, Stop);
    }

    [Fact]
    public async Task Transactions_commit_and_roll_back()
    {
        string queue = Name("tx");
        await using IChannel channel = await OpenAsync();
        await channel.QueueDeclareAsync(queue, cancellationToken: Stop);
        await channel.TxSelectAsync(Stop);
        await channel.BasicPublishAsync("", queue, Bytes("lost"), Stop);
        await channel.TxRollbackAsync(Stop);
        await channel.BasicPublishAsync("", queue, Bytes("one"), Stop);
        await channel.BasicPublishAsync("", queue, Bytes("two"), Stop);
        Assert.Equal(0u, await channel.MessageCountAsync(queue, Stop));
        await channel.TxCommitAsync(Stop);
        Assert.Equal(2u, await channel.MessageCountAsync(queue, Stop));
    }

    [Fact]
    public async Task Retries_through_a_dead_letter_exchange_with_a_delay()
    {
        string work = Name("work");
        string delay = Name("delay");
        await using IChannel channel = await OpenAsync(confirms: true);
        await channel.QueueDeclareAsync(work, false, false, true, DeadLetter(delay), cancellationToken: Stop);
        Dictionary<string, object?> later = DeadLetter(work);
        later["x-message-ttl"] = 100;
        await channel.QueueDeclareAsync(delay, false, false, false, later, cancellationToken: Stop);
        BlockingCollection<long> attempts = [];
        AsyncEventingBasicConsumer consumer = new(channel);
        consumer.ReceivedAsync += async (_, delivery) =>
        {
            long deaths = Deaths(delivery.BasicProperties.Headers);
            attempts.Add(deaths);
            if (deaths < 3)
                await channel.BasicNackAsync(delivery.DeliveryTag, false, requeue: false);
            else
                await channel.BasicAckAsync(delivery.DeliveryTag, false);
        };
        await channel.BasicConsumeAsync(work, autoAck: false, consumer, Stop);
        await channel.BasicPublishAsync("", work, Bytes("task"), Stop);
        for (long attempt = 0; attempt <= 3; attempt++)
        {
            Assert.True(attempts.TryTake(out long deaths, Patience));
            Assert.Equal(attempt, deaths);
        }

        await channel.QueueDeleteAsync(delay, false, false, Stop);
    }

    [Fact]
    public async Task Priorities_and_headers()
    {
        string queue = Name("priority");
        string exchange = Name("headers");
        await using IChannel channel = await OpenAsync(confirms: true);
        await channel.QueueDeclareAsync(
            queue, false, false, false,
            new Dictionary<string, object?> { ["x-max-priority"] = 10 }, cancellationToken: Stop);
        await channel.ExchangeDeclareAsync(exchange, ExchangeType.Headers, autoDelete: true, cancellationToken: Stop);
        Dictionary<string, object?> match = new() { ["x-match"] = "all", ["format"] = "pdf", ["pages"] = 3 };
        await channel.QueueBindAsync(queue, exchange, "", match, cancellationToken: Stop);
        foreach (byte priority in (byte[])[1, 9, 5, 9])
        {
            BasicProperties properties = new()
            {
                Priority = priority,
                Headers = new Dictionary<string, object?> { ["format"] = "pdf", ["pages"] = 3, ["more"] = "x" },
            };
            await channel.BasicPublishAsync(exchange, "", false, properties, Bytes($"p{priority}"), Stop);
        }

        BasicProperties other = new() { Headers = new Dictionary<string, object?> { ["format"] = "pdf" } };
        await channel.BasicPublishAsync(exchange, "", false, other, Bytes("no"), Stop);
        List<string> got = [];
        while (await channel.BasicGetAsync(queue, autoAck: true, Stop) is { } one)
            got.Add(Text(one.Body));
        Assert.Equal(["p9", "p9", "p5", "p1"], got);
        await channel.QueueDeleteAsync(queue, false, false, Stop);
    }

    [Fact]
    public async Task A_message_of_64_MiB()
    {
        string queue = Name("large");
        await using IChannel channel = await OpenAsync(confirms: true);
        await channel.QueueDeclareAsync(queue, cancellationToken: Stop);
        byte[] body = new byte[64 << 20];
        new Random(64).NextBytes(body);
        await channel.BasicPublishAsync("", queue, body, Stop);
        BasicGetResult? got = await channel.BasicGetAsync(queue, autoAck: true, Stop);
        Assert.True(body.AsSpan().SequenceEqual(got!.Body.Span), "the body came back different");
    }

    private static Dictionary<string, object?> DeadLetter(string queue) => new()
    {
        ["x-dead-letter-exchange"] = "",
        ["x-dead-letter-routing-key"] = queue,
    };

    private static long Deaths(IDictionary<string, object?>? headers)
    {
        if (headers is null || !headers.TryGetValue("x-death", out object? deaths))
            return 0;
        return (long)((Dictionary<string, object?>)((List<object?>)deaths!)[0]!)["count"]!;
    }
}
