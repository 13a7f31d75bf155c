using Warren.Amqp;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Connections;

/// <summary>A client need not wait for answers: its methods take effect in the order in which it sent them.</summary>
public sealed class PipelineTests : IAsyncDisposable
{
    private readonly BrokerHost _host = new();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task Everything_from_the_declaration_to_the_delivery_in_one_write()
    {
        Link link = await _host.ConnectWithChannelAsync();
        link.Client
            .Add(1, new ExchangeDeclare("x", "direct", false, false, false, false, noWait: true, FieldTable.Empty))
            .Add(1, Declare("q", noWait: true))
            .Add(1, new QueueBind("q", "x", "k", noWait: true, FieldTable.Empty))
            .Add(1, WireClient.Consume("q", "c", noAck: true, noWait: true))
            .AddPublish(1, "x", "k", [1])
            .Add(1, new QueueUnbind("q", "x", "k", FieldTable.Empty))
            .AddPublish(1, "x", "k", [2])
            .AddPublish(1, "", "q", [3]);
        await link.Client.FlushAsync();
        // The first is delivered in the queue's turn, unbind-ok comes from the definitions': either may be first.
        var bodies = new List<byte>();
        var others = new List<uint>();
        for (int count = 0; count < 3; count++)
        {
            Received next = await link.Client.NextAsync();
            if (next.Method == MethodId.BasicDeliver)
                bodies.Add(next.Body[0]);
            else
                others.Add(next.Method);
        }
        Assert.Equal([1, 3], bodies);
        Assert.Equal([MethodId.QueueUnbindOk], others);
    }

    [Fact]
    public async Task Gets_are_answered_one_after_another()
    {
        Link link = await _host.ConnectWithChannelAsync();
        link.Client.Add(1, Declare("q", noWait: true));
        for (byte number = 0; number < 100; number++)
            link.Client.AddPublish(1, "", "q", [number]);
        for (int count = 0; count < 101; count++)
            link.Client.Add(1, new BasicGet("q", noAck: count % 2 == 0));
        await link.Client.FlushAsync();
        for (byte number = 0; number < 100; number++)
        {
            Received got = await link.Client.ExpectAsync(MethodId.BasicGetOk);
            Assert.Equal([number], got.Body);
            Assert.Equal(99u - number, got.MessageCount);
            Assert.Equal(number + 1u, got.DeliveryTag);
        }
        await link.Client.ExpectAsync(MethodId.BasicGetEmpty);
        await _host.QueueHolds("q", 0, 50);
    }

    [Fact]
    public async Task After_a_deletion_the_queue_is_gone_for_what_follows()
    {
        Link link = await _host.ConnectWithChannelAsync();
        link.Client
            .Add(1, Declare("q", noWait: true))
            .AddPublish(1, "", "q", [1])
            .Add(1, new QueueDelete("q", ifUnused: false, ifEmpty: false, noWait: true))
            .AddPublish(1, "", "q", [2], mandatory: true)
            .Add(1, Declare("q", noWait: false))
            .AddPublish(1, "", "q", [3])
            .Add(1, new BasicGet("q", noAck: true));
        await link.Client.FlushAsync();
        Assert.Equal([2], (await link.Client.ExpectAsync(MethodId.BasicReturn)).Body);
        Assert.Equal(0u, (await link.Client.ExpectAsync(MethodId.QueueDeclareOk)).MessageCount);
        Assert.Equal([3], (await link.Client.ExpectAsync(MethodId.BasicGetOk)).Body);
        await link.Client.CloseAsync();
        await Eventually.True(() => _host.Broker.Slabs.OutstandingBytes == 0);
    }

    [Fact]
    public async Task What_follows_a_mistake_is_thrown_away_until_the_close_is_confirmed()
    {
        Link link = await _host.ConnectWithChannelAsync();
        link.Client
            .Add(1, Declare("q", noWait: true))
            .Add(1, new QueueDeclare("none", passive: true, false, false, false, false, FieldTable.Empty))
            .AddPublish(1, "", "q", [1])
            .Add(1, Declare("never", noWait: false))
            .Add(1, new ChannelCloseOk())
            .Add(1, new ChannelOpen())
            .AddPublish(1, "", "q", [2])
            .Add(1, new BasicGet("q", noAck: true));
        await link.Client.FlushAsync();
        Assert.Equal(
            "404 NOT_FOUND - no queue 'none' in vhost '/'",
            (await link.Client.ExpectAsync(MethodId.ChannelClose)).CloseReason);
        await link.Client.ExpectAsync(MethodId.ChannelOpenOk);
        Received got = await link.Client.ExpectAsync(MethodId.BasicGetOk);
        Assert.Equal([2], got.Body);
        Assert.Equal(0u, got.MessageCount);
    }

    [Fact]
    public async Task A_close_waits_its_turn_behind_what_is_still_to_be_answered()
    {
        Link link = await _host.ConnectWithChannelAsync();
        link.Client
            .Add(1, Declare("q", noWait: false))
            .Add(1, WireClient.Consume("q", "c", noAck: false, noWait: false))
            .Add(1, new ChannelClose(200, "bye", 0, 0))
            .Add(1, new ChannelOpen())
            .Add(1, new BasicQos(0, 1, global: false));
        await link.Client.FlushAsync();
        foreach (uint method in (uint[])[MethodId.QueueDeclareOk, MethodId.BasicConsumeOk, MethodId.ChannelCloseOk,
            MethodId.ChannelOpenOk, MethodId.BasicQosOk])
            await link.Client.ExpectAsync(method);
        Assert.Equal(0, _host.Queue("q").ConsumerCount);
    }

    [Fact]
    public async Task Channels_do_not_wait_for_each_other()
    {
        Link link = await _host.ConnectAsync();
        for (ushort channel = 1; channel <= 200; channel++)
        {
            link.Client
                .Add(channel, new ChannelOpen())
                .Add(channel, Declare($"q{channel}", noWait: true))
                .AddPublish(channel, "", $"q{channel}", [(byte)channel])
                .Add(channel, new BasicGet("", noAck: true));
        }
        await link.Client.FlushAsync();
        var answered = new Dictionary<ushort, List<Received>>();
        for (int count = 0; count < 400; count++)
        {
            Received next = await link.Client.NextAsync();
            if (!answered.TryGetValue(next.Channel, out List<Received>? list))
                answered.Add(next.Channel, list = []);
            list.Add(next);
        }
        Assert.Equal(200, answered.Count);
        foreach ((ushort channel, List<Received> answers) in answered)
        {
            Assert.Equal([MethodId.ChannelOpenOk, MethodId.BasicGetOk], answers.Select(each => each.Method));
            Assert.Equal([(byte)channel], answers[1].Body);
        }
    }

    private static QueueDeclare Declare(string queue, bool noWait) =>
        new(queue, passive: false, durable: false, exclusive: false, autoDelete: false, noWait, FieldTable.Empty);
}
