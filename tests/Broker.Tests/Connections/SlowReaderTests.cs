using System.Buffers.Binary;
using Warren.Amqp;
using Warren.Broker.Messages;
using Warren.Broker.Queues;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Connections;

/// <summary>Clients that do not read: what they are owed stays in the queues, and nobody else notices.</summary>
public sealed class SlowReaderTests : IAsyncDisposable
{
    private const int SmallWireBytes = 4096;

    private readonly BrokerHost _host = new();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Theory]
    [InlineData(16, 6000, true)]
    [InlineData(16, 6000, false)]
    [InlineData(4096, 1000, true)]
    [InlineData(4096, 1000, false)]
    public async Task Deliveries_stop_at_the_window(int bodyBytes, int messages, bool noAck)
    {
        Link publisher = await _host.ConnectWithChannelAsync();
        await publisher.Client.DeclareAsync(1, "q");
        Link reader = await _host.ConnectWithChannelAsync(capacityBytes: SmallWireBytes);
        await reader.Client.ConsumeAsync(1, "q", noAck: noAck);
        await PublishAsync(publisher, 0, messages, bodyBytes);
        await Eventually.True(() => reader.Wire.IsServerStuck);

        // What fits into the wire and the writer's buffer is written, the window is on its way, the rest stays.
        Queue queue = _host.Queue("q");
        int expectedWindow = Math.Min(Consumer.WindowMessages, Consumer.WindowBytes / bodyBytes);
        await Eventually.True(() => queue.ReadyCount <= messages - (expectedWindow / 2));
        Assert.True(
            messages - queue.ReadyCount <= (2 * expectedWindow) + 200, $"{queue.ReadyCount} of {messages} left");

        // Another consumer is served in the meantime.
        Assert.True(queue.ReadyCount > 10);
        Link other = await _host.ConnectWithChannelAsync();
        await other.Client.ConsumeAsync(1, "q", noAck: true);
        for (int count = 0; count < 10; count++)
            await other.Client.ExpectAsync(MethodId.BasicDeliver);
        await other.CutAsync();
        if (noAck)
            return;

        // When the reader dies, all that it was owed is there again, in order and marked.
        await reader.CutAsync();
        await Eventually.True(() => queue.UnackedCount == 0);
        await AssertOrderedRestAsync(publisher, bodyBytes);
    }

    [Fact]
    public async Task A_slow_reader_gets_everything_in_the_end()
    {
        const int Messages = 10_000;
        Link publisher = await _host.ConnectWithChannelAsync();
        await publisher.Client.DeclareAsync(1, "q");
        Link reader = await _host.ConnectWithChannelAsync(capacityBytes: SmallWireBytes);
        await reader.Client.ConsumeAsync(1, "q", noAck: true);
        await PublishAsync(publisher, 0, Messages, 16);
        await Eventually.True(() => reader.Wire.IsServerStuck);
        for (int number = 0; number < Messages; number++)
        {
            Received received = await reader.Client.ExpectAsync(MethodId.BasicDeliver);
            Assert.Equal(number, BinaryPrimitives.ReadInt32BigEndian(received.Body));
        }
        await _host.QueueHolds("q", 0, 0);
    }

    /// <summary>Each request makes a reply: a client that asks and does not read must be stopped.</summary>
    [Theory]
    [InlineData("qos")]
    [InlineData("get")]
    [InlineData("returns")]
    [InlineData("confirms")]
    public async Task Replies_that_nobody_reads_stop_the_requests(string what)
    {
        Link link = await _host.ConnectWithChannelAsync(capacityBytes: SmallWireBytes);
        await link.Client.DeclareAsync(1, "q");
        if (what == "confirms")
            await link.Client.CallAsync(1, new ConfirmSelect(noWait: false), MethodId.ConfirmSelectOk);
        long sent = 0;
        const long Most = 64L * 1024 * 1024;
        bool isStopped = false;
        while (!isStopped && sent < Most)
        {
            for (int count = 0; count < 1000; count++)
                AddRequest(link.Client, what);
            byte[] bytes = link.Client.TakeAdded();
            sent += bytes.Length;
            Task write = link.Client.AddRaw(bytes).FlushInBackground();
            await Eventually.True(() => write.IsCompleted || IsAtRest(link));
            isStopped = !write.IsCompleted;
        }
        Assert.True(isStopped, "the server reads on and on");

        // As soon as the client reads, it goes on, and another client has not noticed.
        Link other = await _host.ConnectWithChannelAsync();
        await other.Client.DeclareAsync(1, "q", passive: true);
        await other.Client.CloseAsync();
        for (int count = 0; count < 10_000 && link.Wire.IsClientStuck; count++)
            await link.Client.NextFrameAsync();
        await Eventually.True(() => !link.Wire.IsClientStuck || link.Wire.WaitingForClientBytes > 0);
    }

    /// <summary>
    /// The heartbeat's rule holds for it too, but by what it reads, since nobody reads what it sends.
    /// </summary>
    [Fact]
    public async Task A_client_that_reads_nothing_any_more_is_given_up()
    {
        Link link = await _host.ConnectWithChannelAsync(new Login { Heartbeat = 10 }, SmallWireBytes);
        Task write = Task.CompletedTask;
        while (write.IsCompleted)
        {
            for (int count = 0; count < 1000; count++)
                link.Client.Add(1, new BasicQos(0, 0, global: false));
            write = link.Client.FlushInBackground();
            await Eventually.True(() => write.IsCompleted || IsAtRest(link));
        }
        _host.Time.Advance(TimeSpan.FromSeconds(20));
        Assert.False(link.Served.IsCompleted);
        _host.Time.Advance(TimeSpan.FromSeconds(10));
        await link.Served.WaitAsync(Eventually.Patience);
        Assert.Contains(_host.Log, line => line.Contains("missed heartbeats", StringComparison.Ordinal));
    }

    private bool IsAtRest(Link link) =>
        link.Wire.IsClientStuck && link.Wire.IsServerStuck
        && _host.Broker.Connections.Snapshot().Any(connection => connection.IsUnread);

    private static void AddRequest(WireClient client, string what)
    {
        switch (what)
        {
            case "qos":
                client.Add(1, new BasicQos(0, 0, global: false));
                break;
            case "get":
                client.Add(1, new BasicGet("q", noAck: false));
                break;
            case "returns":
                client.AddPublish(1, "", "nowhere", new byte[100], mandatory: true);
                break;
            default:
                // To nowhere, so that the broker holds nothing but the confirm.
                client.AddPublish(1, "", "nowhere", []);
                break;
        }
    }

    private async Task PublishAsync(Link link, int from, int count, int bodyBytes)
    {
        byte[] body = new byte[bodyBytes];
        for (int number = from; number < from + count; number++)
        {
            BinaryPrimitives.WriteInt32BigEndian(body, number);
            link.Client.AddPublish(1, "", "q", body);
        }
        Task published = PublishedAsync(link);
        // Behind a reader that does not read, publishers are let on by the clock alone.
        while (!published.IsCompleted)
        {
            _host.Time.Advance(TimeSpan.FromMilliseconds(20));
            await Task.WhenAny(published, Task.Delay(1));
        }
        await published;
    }

    private static async Task PublishedAsync(Link link)
    {
        await link.Client.FlushAsync();
        // The answer comes when all of it has been posted.
        await link.Client.DeclareAsync(1, "q", passive: true);
    }

    private static async Task AssertOrderedRestAsync(Link link, int bodyBytes)
    {
        int last = -1;
        bool redelivered = true;
        while (true)
        {
            await link.Client.SendAsync(1, new BasicGet("q", noAck: true));
            Received received = await link.Client.NextAsync();
            if (received.Method == MethodId.BasicGetEmpty)
                break;
            int number = BinaryPrimitives.ReadInt32BigEndian(received.Body);
            Assert.True(number > last, $"{number} comes after {last}");
            Assert.Equal(bodyBytes, received.Body.Length);
            // Those that were handed out are the first of the queue.
            Assert.True(redelivered || !received.IsRedelivered);
            redelivered = received.IsRedelivered;
            last = number;
        }
        Assert.True(last > 0);
    }
}
