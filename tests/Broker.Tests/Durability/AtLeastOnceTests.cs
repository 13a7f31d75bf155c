using Warren.Amqp;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Durability;

/// <summary>
/// x-dead-letter-strategy at-least-once: a dead letter stays with its queue until every target has taken it, also where
/// it has nowhere to go, or is refused.
/// </summary>
public sealed class AtLeastOnceTests : IAsyncDisposable
{
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(KeptMs);

    private const int KeptMs = Broker.Queues.KeptLetters.AgainMs;

    private readonly DurableNode _node = new();
    private DurableClient _client = null!;

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Fact]
    public async Task What_is_routed_to_no_queue_waits_until_it_is()
    {
        await BeginAsync();
        await _client.BindAsync("dlx");
        await _client.DeclareAsync("dead");
        await RejectAsync("m");
        await PassesAsync();
        Assert.Equal(1, _node.LiveQueueEntries());
        Assert.Equal(0u, await _client.PassAsync("dead"));
        await _client.BindAsync("dlx", "dead");
        await PassesUntilAsync(() => _node.Host.Queue("dead").ReadyCount == 1);
        Received? dead = await _client.GetAsync("dead");
        Assert.Equal("m", System.Text.Encoding.UTF8.GetString(dead!.Body));
        await _client.AckAsync("dead", dead);
        await HasNothingAsync();
    }

    /// <summary>Nothing else has the queue look: neither clients nor other messages.</summary>
    [Fact]
    public async Task One_that_has_expired_is_sent_again_by_itself()
    {
        await BeginAsync(("x-message-ttl", FieldValue.Of(100)));
        await _client.BindAsync("dlx");
        await _client.DeclareAsync("dead");
        await _client.PublishSafelyAsync("q", "m");
        await PassesUntilAsync(() => _node.Host.Queue("q").ReadyCount == 0);
        await _client.BindAsync("dlx", "dead");
        await PassesUntilAsync(() => _node.Host.Queue("dead").ReadyCount == 1);
    }

    /// <summary>It is in no queue then, and goes where it is routed next.</summary>
    [Fact]
    public async Task A_target_that_is_deleted_has_taken_nothing()
    {
        await BeginAsync();
        await AddRefusingTargetAsync();
        await RejectAsync("m");
        await _node.CommittingAsync(_client.Wire.CallAsync(
            1, new QueueDelete("full", ifUnused: false, ifEmpty: false, noWait: false), MethodId.QueueDeleteOk));
        for (int times = 0; times < 3; times++)
            await PassesAsync();
        Assert.Equal(1, _node.LiveQueueEntries());
        await _client.DeclareAsync("dead");
        await _client.BindAsync("dlx", "dead");
        await PassesUntilAsync(() => _node.Host.Queue("dead").ReadyCount == 1);
    }

    [Fact]
    public async Task Without_the_strategy_it_is_dropped()
    {
        await BeginAsync(("x-dead-letter-strategy", FieldValue.Of("at-most-once")));
        await _client.BindAsync("dlx");
        await RejectAsync("m");
        await HasNothingAsync();
    }

    /// <summary>As in RabbitMQ: what waits must not push others out of the queue.</summary>
    [Fact]
    public async Task A_queue_that_drops_its_head_keeps_none()
    {
        await BeginAsync(("x-overflow", FieldValue.Of("drop-head")));
        await _client.BindAsync("dlx");
        await RejectAsync("m");
        await HasNothingAsync();
    }

    /// <summary>Who has it does not get it again for the sake of another.</summary>
    [Fact]
    public async Task One_that_is_refused_is_sent_again_to_whoever_refused_it()
    {
        await BeginAsync();
        await _client.DeclareAsync(
            "full",
            DurableClient.Arguments(
                ("x-max-length", FieldValue.Of(1)), ("x-overflow", FieldValue.Of("reject-publish"))));
        await _client.DeclareAsync("other");
        await _client.BindAsync("dlx", "full", "other");
        await _client.PublishSafelyAsync("full", "before");
        await RejectAsync("m");
        await PassesUntilAsync(() => _node.Host.Queue("other").ReadyCount == 1);
        for (int times = 0; times < 3; times++)
            await PassesAsync();
        Assert.Equal(1u, await _client.PassAsync("full"));
        Assert.Equal(1u, await _client.PassAsync("other"));
        Assert.Equal(["before"], await _client.DrainAsync("full"));
        await PassesUntilAsync(() => _node.Host.Queue("full").ReadyCount == 1);
        Assert.Equal(["m"], await _client.DrainAsync("full"));
        Assert.Equal(["m"], await _client.DrainAsync("other"));
        await HasNothingAsync();
    }

    /// <summary>Each has it once, also one that is bound while another queue refuses it.</summary>
    [Fact]
    public async Task One_delayed_exchange_does_not_stand_for_another()
    {
        await BeginAsync();
        await AddRefusingTargetAsync();
        await DelayAsync("first");
        await _client.PublishAsync("", "q", [1], new BasicProperties
        {
            DeliveryMode = 2,
            Headers = new FieldTable { ["x-delay"] = FieldValue.Of(3_600_000) },
        });
        await _node.CommittingAsync(_client.Wire.ExpectAsync(MethodId.BasicAck));
        await _client.NackAsync("q", (await _client.GetAsync("q"))!, requeue: false);
        await PassesUntilAsync(() => _node.Host.Broker.Delays.Count == 1);
        await DelayAsync("second");
        await PassesUntilAsync(() => _node.Host.Broker.Delays.Count == 2);
        for (int times = 0; times < 3; times++)
            await PassesAsync();
        Assert.Equal(2, _node.Host.Broker.Delays.Count);
    }

    [Fact]
    public async Task What_waits_is_in_its_queue_after_a_crash()
    {
        await BeginAsync();
        await _client.BindAsync("dlx");
        await RejectAsync("m");
        await PassesAsync();
        await using DurableNode again = await _node.CrashAsync();
        DurableClient client = await again.ConnectAsync();
        Assert.Equal(1u, await client.PassAsync("q"));
    }

    /// <summary>A policy that gives the strategy, and takes it away again.</summary>
    [Fact]
    public async Task The_rules_of_now_decide_what_becomes_of_it()
    {
        await BeginAsync();
        await _client.BindAsync("dlx");
        await RejectAsync("m");
        await PassesAsync();
        Assert.Equal(1, _node.LiveQueueEntries());
        Warren.Broker.Queues.Queue queue = _node.Host.Queue("q");
        queue.Post(Broker.Queues.QueueCommand.Configure(queue.Settings with { WantsDeadLettersAtLeastOnce = false }));
        await PassesAsync();
        await HasNothingAsync();
    }

    [Fact]
    public async Task Nothing_of_it_stays_in_memory_when_the_queue_is_gone()
    {
        await BeginAsync();
        await _client.BindAsync("dlx");
        long before = _node.OutstandingBytes;
        for (int count = 0; count < 40; count++)
            await RejectAsync(new string('m', 20_000));
        Assert.True(_node.OutstandingBytes > before + 800_000, $"{_node.OutstandingBytes - before} bytes");
        await _node.CommittingAsync(_client.Wire.CallAsync(
            1, new QueueDelete("q", ifUnused: false, ifEmpty: false, noWait: false), MethodId.QueueDeleteOk));
        await Eventually.True(
            () =>
            {
                _node.Commit();
                // What its connection reads into is still in use.
                return _node.OutstandingBytes < before + 100_000;
            },
            () => $"{_node.OutstandingBytes - before} bytes more");
    }

    // One that is full from the beginning.
    private async Task AddRefusingTargetAsync()
    {
        await _client.DeclareAsync(
            "full",
            DurableClient.Arguments(
                ("x-max-length", FieldValue.Of(0)), ("x-overflow", FieldValue.Of("reject-publish"))));
        await _client.BindAsync("dlx", "full");
    }

    private async Task BeginAsync(params (string Name, FieldValue Value)[] others)
    {
        FieldTable arguments = DurableClient.Arguments(
            ("x-queue-type", FieldValue.Of("quorum")), ("x-dead-letter-exchange", FieldValue.Of("dlx")),
            ("x-dead-letter-strategy", FieldValue.Of("at-least-once")),
            ("x-overflow", FieldValue.Of("reject-publish")));
        foreach ((string name, FieldValue value) in others)
            arguments[name] = value;
        _client = await _node.ConnectAsync();
        await _client.ConfirmAsync();
        await _client.DeclareAsync("q", arguments);
    }

    // A delayed exchange that gets what the dead-letter exchange does.
    private async Task DelayAsync(string exchange)
    {
        await _node.CommittingAsync(_client.Wire.CallAsync(
            1,
            new ExchangeDeclare(
                exchange, "x-delayed-message", passive: false, durable: true, autoDelete: false, @internal: false,
                noWait: false, new FieldTable { ["x-delayed-type"] = FieldValue.Of("fanout") }),
            MethodId.ExchangeDeclareOk));
        await _node.CommittingAsync(_client.Wire.CallAsync(
            1, new ExchangeBind(exchange, "dlx", "", noWait: false, FieldTable.Empty), MethodId.ExchangeBindOk));
    }

    private async Task RejectAsync(string body)
    {
        await _client.PublishSafelyAsync("q", body);
        await _client.NackAsync("q", (await _client.GetAsync("q"))!, requeue: false);
    }

    private async Task PassesAsync()
    {
        _node.Host.Time.Advance(Again);
        await _client.PassAsync("q");
        _node.Commit();
    }

    private Task PassesUntilAsync(Func<bool> condition) => Eventually.True(() =>
    {
        _node.Commit();
        _node.Host.Time.Advance(Again / 10);
        return condition();
    });

    private Task HasNothingAsync() => Eventually.True(() =>
    {
        _node.Commit();
        return _node.LiveQueueEntries() == 0;
    });
}
