using Warren.Amqp;
using Warren.Broker.Channels;
using Warren.Broker.Durability;
using Warren.Broker.Exchanges;
using Warren.Broker.Tests.Connections;
using Warren.Storage;
using Warren.Storage.Disk;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Delays;

/// <summary>What a publisher at a delayed exchange is told, and when.</summary>
public sealed class DelayedConfirmTests : IStorageWatcher, IAsyncDisposable
{
    private readonly BrokerHost _host;
    private int _probes;

    public DelayedConfirmTests()
    {
        _host = new BrokerHost(storage: new StorageSetup(
            new MemoryDisk(), new NodeLogOptions { SegmentBytes = 64 * 1024 }, this, () => { }));
        Commit();
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task A_confirm_waits_for_the_sync_and_the_message_for_its_time()
    {
        Link link = await ConnectAsync();
        await link.Client.CallAsync(1, new ConfirmSelect(false), MethodId.ConfirmSelectOk);
        await Waits(link, "x", "k", 1, Properties(delayMs: 1000));
        Commit();
        Assert.Equal(1ul, (await link.Client.ExpectAsync(MethodId.BasicAck)).Sequence);
        await link.Client.ConsumeAsync(2, "q", "c", noAck: true);
        _host.Time.Advance(TimeSpan.FromMilliseconds(999));
        await Probe(link);
        _host.Time.Advance(TimeSpan.FromMilliseconds(1));
        Received delivery = await link.Client.ExpectAsync(MethodId.BasicDeliver);
        Assert.Equal([7], delivery.Body);
        Assert.Equal(2ul, await ConfirmedAtOnce(link, Properties(delayMs: 1000, deliveryMode: 1)));
    }

    [Fact]
    public async Task One_that_waits_and_goes_to_a_queue_as_well_has_one_confirm_for_both()
    {
        Link link = await ConnectAsync();
        await link.Client.DeclareAsync(2, "passing");
        await link.Client.CallAsync(
            2, new QueueBind("passing", "amq.fanout", "", noWait: false, FieldTable.Empty), MethodId.QueueBindOk);
        await Bind(link, "x", "amq.fanout");
        await link.Client.CallAsync(1, new ConfirmSelect(false), MethodId.ConfirmSelectOk);
        await Waits(link, "amq.fanout", "k", 1, Properties(delayMs: 1000));
        await _host.QueueHolds("passing", 1, 0);
        await Probe(link);
        Commit();
        Received ack = await link.Client.ExpectAsync(MethodId.BasicAck);
        Assert.Equal((1ul, false), (ack.Sequence, ack.IsMultiple));
        await Probe(link);
    }

    [Fact]
    public async Task A_queue_that_refuses_its_part_makes_it_a_nack_when_the_other_is_durable()
    {
        Link link = await ConnectAsync();
        var full = new FieldTable
        {
            ["x-max-length"] = FieldValue.Of(1),
            ["x-overflow"] = FieldValue.Of("reject-publish"),
        };
        await link.Client.DeclareAsync(2, "full", arguments: full);
        await link.Client.CallAsync(
            2, new QueueBind("full", "amq.fanout", "", noWait: false, FieldTable.Empty), MethodId.QueueBindOk);
        link.Client.AddPublish(2, "amq.fanout", "k", [1]);
        await link.Client.FlushAsync();
        await _host.QueueHolds("full", 1, 0);
        await Bind(link, "x", "amq.fanout");
        await link.Client.CallAsync(1, new ConfirmSelect(false), MethodId.ConfirmSelectOk);
        await Waits(link, "amq.fanout", "k", 1, Properties(delayMs: 1000));
        Commit();
        Assert.Equal(1ul, (await link.Client.ExpectAsync(MethodId.BasicNack)).Sequence);
        await Probe(link);
    }

    [Fact]
    public async Task A_transaction_is_committed_when_what_waits_is_durable()
    {
        Link link = await ConnectAsync();
        await link.Client.CallAsync(1, new TxSelect(), MethodId.TxSelectOk);
        link.Client
            .AddPublish(1, "x", "k", [1], Properties(delayMs: 1000))
            .AddPublish(1, "x", "k", [2], Properties(delayMs: 1000, deliveryMode: 1))
            .AddPublish(1, "", "q", [3], Properties())
            .Add(1, new TxCommit());
        await link.Client.FlushAsync();
        await Eventually.True(() => _host.Broker.Delays.Count == 2);
        await _host.QueueHolds("q", 1, 0);
        await Probe(link);
        Commit();
        await link.Client.ExpectAsync(MethodId.TxCommitOk);
        _host.Time.Advance(TimeSpan.FromSeconds(1));
        await _host.QueueHolds("q", 3, 0);
    }

    [Fact]
    public async Task A_publisher_that_was_held_goes_on_when_the_log_has_caught_up()
    {
        Link link = await ConnectAsync();
        byte[] body = new byte[1024 * 1024];
        for (int count = 0; count < 40; count++)
            link.Client.AddPublish(1, "x", "k", body, Properties(delayMs: 100_000));
        Task sending = link.Client.FlushInBackground();
        await Eventually.True(() => _host.Broker.Storage!.IsBehind);
        while (!sending.IsCompleted || _host.Broker.Delays.Count < 40)
        {
            _host.Broker.Storage!.CommitRound();
            await Task.Yield();
        }
        await sending;
        // Who is still held back does not read, and so does not see the end of the test.
        await Eventually.True(() =>
        {
            _host.Broker.Storage!.CommitRound();
            return !_host.Broker.Storage.IsBehind;
        });
    }

    [Fact]
    public void Credit_is_held_while_the_log_is_behind()
    {
        using var node = new DelaysNode(new MemoryDisk(), new ManualTime());
        node.Define("x");
        node.Commit();
        bool isResumed = false;
        var credit = new PublishCredit(() => isResumed = true);
        for (int count = 0; count < 20; count++)
        {
            node.Publish("x", "a", 100_000, padding: PublishCredit.LimitBytes, credit: credit);
            Assert.Equal(node.Log.IsBehind, credit.MustWait());
        }
        Assert.True(node.Log.IsBehind);
        Assert.False(isResumed);
        node.Commit();
        Assert.True(isResumed);
        Assert.False(credit.MustWait());
    }

    private static byte[] Properties(int delayMs = 0, byte deliveryMode = 2) => new BasicProperties
    {
        DeliveryMode = deliveryMode,
        Headers = delayMs == 0 ? null : new FieldTable { ["x-delay"] = FieldValue.Of(delayMs) },
    }.ToArray();

    // A client with two channels; exchange x of type fanout that delays, and queue q behind it, all durable.
    private async Task<Link> ConnectAsync()
    {
        Link link = await _host.ConnectWithChannelAsync();
        await link.Client.OpenChannelAsync(2);
        var type = new FieldTable { ["x-delayed-type"] = FieldValue.Of(ExchangeTypes.Fanout) };
        await Durably(
            link.Client.CallAsync(
                1, new ExchangeDeclare("x", ExchangeTypes.DelayedMessage, false, true, false, false, false, type),
                MethodId.ExchangeDeclareOk));
        await Durably(link.Client.CallAsync(
            1, new QueueDeclare("q", false, true, false, false, false, FieldTable.Empty), MethodId.QueueDeclareOk));
        await Durably(link.Client.CallAsync(
            1, new QueueBind("q", "x", "", noWait: false, FieldTable.Empty), MethodId.QueueBindOk));
        return link;
    }

    private Task Bind(Link link, string destination, string source) => Durably(link.Client.CallAsync(
        1, new ExchangeBind(destination, source, "", false, FieldTable.Empty), MethodId.ExchangeBindOk));

    private async Task Durably(Task<Received> request)
    {
        while (!request.IsCompleted)
        {
            _host.Broker.Storage!.CommitRound();
            await Task.Yield();
        }
        await request;
    }

    // Publishes on channel 1, and shows that it waits and that nobody is told.
    private async Task Waits(Link link, string exchange, string key, int waiting, byte[] properties)
    {
        link.Client.AddPublish(1, exchange, key, [7], properties);
        await link.Client.FlushAsync();
        await Eventually.True(() => _host.Broker.Delays.Count == waiting);
        await Probe(link);
    }

    private static async Task<ulong> ConfirmedAtOnce(Link link, byte[] properties)
    {
        link.Client.AddPublish(1, "x", "k", [8], properties);
        await link.Client.FlushAsync();
        return (await link.Client.ExpectAsync(MethodId.BasicAck)).Sequence;
    }

    // A reply that is there at once, and nothing before it.
    private async Task Probe(Link link) =>
        Assert.Equal(2, (await link.Client.DeclareAsync(2, $"probe {++_probes}")).Channel);

    private void Commit()
    {
        while (_host.Broker.Storage!.CommitRound() == CommitOutcome.Committed)
        {
            // Another round may have begun meanwhile.
        }
    }

    void IStorageWatcher.SpaceChanged(bool isExhausted, string message) => Assert.Fail(message);

    void IStorageWatcher.Failed(StorageFailedException error) => throw error;

    void IStorageWatcher.Damaged(string message) => Assert.Fail(message);
}
