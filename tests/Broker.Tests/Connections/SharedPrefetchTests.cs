using Warren.Amqp;
using Warren.Broker.Channels;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Connections;

/// <summary>
/// basic.qos with global=true: a limit that a channel's consumers share, and whose places all come back.
/// </summary>
public sealed class SharedPrefetchTests : IAsyncDisposable
{
    private readonly BrokerHost _host = new();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public void Without_a_limit_nothing_is_counted()
    {
        var shared = new SharedPrefetch();
        Assert.True(shared.TryTake(out bool holdsPlace));
        Assert.False(holdsPlace);
        shared.SetLimit(1, newlyHeld: 0);
        Assert.True(shared.TryTake(out holdsPlace));
        Assert.True(holdsPlace);
        Assert.False(shared.TryTake(out holdsPlace));
        Assert.False(holdsPlace);
        Assert.True(shared.TakeStarved());
        Assert.False(shared.TakeStarved());
        shared.Give(1);
        Assert.True(shared.TryTake(out _));
        Assert.False(shared.TakeStarved());
    }

    [Fact]
    public void What_was_handed_out_before_the_limit_counts()
    {
        var shared = new SharedPrefetch();
        shared.SetLimit(2, newlyHeld: 2);
        Assert.False(shared.TryTake(out _));
        shared.SetLimit(3, newlyHeld: 0);
        Assert.True(shared.TryTake(out _));
        Assert.False(shared.TryTake(out _));
    }

    /// <summary>
    /// Takers that are refused wait until the giver finds them starved: if ever one was refused with a place free and
    /// without a mark, nobody would wake it.
    /// </summary>
    [Fact]
    public async Task No_taker_is_refused_unseen()
    {
        const int Rounds = 20_000;
        var shared = new SharedPrefetch();
        shared.SetLimit(1, newlyHeld: 0);
        int taken = 0;
        using var wake = new SemaphoreSlim(0);
        Task taker = Task.Factory.StartNew(
            () =>
            {
                for (int round = 0; round < Rounds; round++)
                {
                    while (!shared.TryTake(out _))
                        Assert.True(wake.Wait(Eventually.Patience), $"never woken in round {round}");
                    Volatile.Write(ref taken, round + 1);
                }
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        Task giver = Task.Factory.StartNew(
            () =>
            {
                var spin = new SpinWait();
                for (int given = 0; given < Rounds; given++)
                {
                    while (Volatile.Read(ref taken) == given && !taker.IsCompleted)
                        spin.SpinOnce(sleep1Threshold: -1);
                    shared.Give(1);
                    if (shared.TakeStarved())
                        wake.Release();
                }
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await taker;
        await giver;
    }

    [Fact]
    public async Task A_message_of_a_get_holds_no_place()
    {
        Link link = await LinkAsync("q");
        Publish(link, "q", 3);
        await link.Client.CallAsync(1, new BasicGet("q", noAck: false), MethodId.BasicGetOk);
        await LimitAsync(link, 1);
        await link.Client.ConsumeAsync(1, "q");
        Received first = await link.Client.ExpectAsync(MethodId.BasicDeliver);
        await link.Client.Add(1, new BasicAck(1, multiple: false)).FlushAsync();
        await _host.QueueHolds("q", 1, 1);
        await link.Client.SendAsync(1, new BasicAck(first.DeliveryTag, multiple: false));
        await link.Client.ExpectAsync(MethodId.BasicDeliver);
    }

    [Fact]
    public async Task A_transaction_that_is_rolled_back_gives_no_place_back()
    {
        Link link = await LinkAsync("q");
        await LimitAsync(link, 1);
        await link.Client.CallAsync(1, new TxSelect(), MethodId.TxSelectOk);
        Link publisher = await _host.ConnectWithChannelAsync();
        Publish(publisher, "q", 3);
        await publisher.Client.FlushAsync();
        await link.Client.ConsumeAsync(1, "q");
        ulong tag = (await link.Client.ExpectAsync(MethodId.BasicDeliver)).DeliveryTag;
        await link.Client.SendAsync(1, new BasicAck(tag, multiple: false));
        await link.Client.CallAsync(1, new TxRollback(), MethodId.TxRollbackOk);
        await _host.QueueHolds("q", 2, 1);
        await link.Client.SendAsync(1, new BasicAck(tag, multiple: false));
        await link.Client.CallAsync(1, new TxCommit(), MethodId.TxCommitOk);
        await link.Client.ExpectAsync(MethodId.BasicDeliver);
        // One place, one message: a place that came back twice would have brought two.
        await _host.QueueHolds("q", 1, 1);
    }

    /// <summary>The client that lets one consumer's messages lie goes on with the others.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_overdue_holds_no_place(bool isCancelledBefore)
    {
        Link link = await LinkAsync("slow", "quick");
        await LimitAsync(link, 2);
        var arguments = new FieldTable { ["x-consumer-timeout"] = FieldValue.Of(1000) };
        await link.Client.CallAsync(
            1, new BasicConsume("slow", "s", false, false, false, false, arguments), MethodId.BasicConsumeOk);
        Publish(link, "slow", 2);
        await link.Client.FlushAsync();
        Received lost = await link.Client.ExpectAsync(MethodId.BasicDeliver);
        await link.Client.ExpectAsync(MethodId.BasicDeliver);
        await link.Client.ConsumeAsync(1, "quick");
        Publish(link, "quick", 3);
        await link.Client.FlushAsync();
        await _host.QueueHolds("quick", 3, 0);
        if (isCancelledBefore)
            await link.Client.CallAsync(1, new BasicCancel("s", noWait: false), MethodId.BasicCancelOk);

        _host.Time.Advance(TimeSpan.FromSeconds(2));
        if (!isCancelledBefore)
            await link.Client.ExpectAsync(MethodId.BasicCancel);
        await link.Client.ExpectAsync(MethodId.BasicDeliver);
        Received second = await link.Client.ExpectAsync(MethodId.BasicDeliver);
        await _host.QueueHolds("quick", 1, 2);
        // Settled late, it gives no place back once more.
        await link.Client.SendAsync(1, new BasicAck(lost.DeliveryTag, multiple: false));
        await link.Client.CallAsync(1, new BasicGet("slow", noAck: true), MethodId.BasicGetOk);
        await _host.QueueHolds("quick", 1, 2);
        await link.Client.SendAsync(1, new BasicAck(second.DeliveryTag, multiple: false));
        await link.Client.ExpectAsync(MethodId.BasicDeliver);
    }

    private static void Publish(Link link, string queue, int count)
    {
        for (int number = 0; number < count; number++)
            link.Client.AddPublish(1, "", queue, [(byte)number]);
    }

    private static Task<Received> LimitAsync(Link link, ushort limit) =>
        link.Client.CallAsync(1, new BasicQos(0, limit, global: true), MethodId.BasicQosOk);

    private async Task<Link> LinkAsync(params string[] queues)
    {
        Link link = await _host.ConnectWithChannelAsync();
        foreach (string queue in queues)
            await link.Client.DeclareAsync(1, queue);
        return link;
    }
}
