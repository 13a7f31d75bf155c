using Warren.Broker.Messages;
using Warren.Broker.Queues;
using Xunit;

namespace Warren.Broker.Tests.Queues;

/// <summary>What scripts cannot tell: sizes, bounds and allocations.</summary>
public sealed class QueueMachineTests
{
    private readonly EffectList _effects = new();
    private readonly Slab _slab = new(new byte[64], null);
    private readonly QueueMachine _machine;

    public QueueMachineTests() => _machine = new QueueMachine(new QueueSettings(), _effects, 0);

    [Theory]
    [InlineData(0, false)]
    [InlineData(100, false)]
    [InlineData(0, true)]
    public void Publish_deliver_and_settle_allocate_nothing(int backlog, bool noAck)
    {
        for (int count = 0; count < backlog; count++)
            Publish();
        int prefetch = backlog == 0 ? 0 : 1;
        var consumer = new Consumer { Tag = "c", Channel = null!, PrefetchCount = prefetch, NoAck = noAck };
        _machine.AddConsumer(consumer, null, 0);
        RunRounds(consumer, 3_000);

        // The runtime may allocate on this thread as it compiles better code; a queue that allocates does so each
        // time.
        long least = long.MaxValue;
        for (int attempt = 0; attempt < 5 && least > 0; attempt++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            RunRounds(consumer, 10_000);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        Assert.Equal(0, least);
        QueueTotals totals = _machine.Totals;
        Assert.Equal(totals.Published - backlog + Math.Sign(backlog), totals.Delivered + totals.DeliveredNoAck);
    }

    [Fact]
    public void A_consumer_has_a_bounded_number_of_messages_on_the_way()
    {
        var consumer = new Consumer { Tag = "c", Channel = null! };
        _machine.AddConsumer(consumer, null, 0);
        for (int count = 0; count < Consumer.WindowMessages + 10; count++)
            Publish();
        Assert.Equal(10, _machine.ReadyCount);

        _machine.Written(consumer, 4, 8, 0);
        Assert.Equal(6, _machine.ReadyCount);
    }

    [Fact]
    public void Neighbours_of_one_slab_are_released_together()
    {
        for (int count = 0; count < 1000; count++)
            Publish();
        _machine.Purge("purge", 0);
        Assert.Equal(2, _effects.Count);
        Assert.Equal(1000, _effects.Span[0].References);
        Assert.Equal(1000, _effects.Span[1].MessageCount);
    }

    [Fact]
    public void One_command_disposes_of_so_much_and_the_rest_is_due_at_once()
    {
        Configure(new QueueSettings { DeadLetterExchange = "dlx", MessageTtlMs = 10 });
        for (int count = 0; count < QueueMachine.DisposalsPerCommand + 500; count++)
            Publish();
        Configure(new QueueSettings { DeadLetterExchange = "dlx" });
        Publish();
        var consumer = new Consumer { Tag = "c", Channel = null! };

        _machine.AddConsumer(consumer, null, 20);
        Assert.Equal(QueueMachine.DisposalsPerCommand, _effects.Count);
        Assert.True(_machine.NextDueMs <= 20);

        _machine.Tick(20);
        Assert.Equal(QueueMachine.DisposalsPerCommand + 501, _effects.Count);
        Assert.Equal(QueueEffectKind.Deliver, _effects.Span[^1].Kind);
        Assert.Equal(long.MaxValue, _machine.NextDueMs);
    }

    [Fact]
    public void A_lower_limit_drops_so_much_at_once_and_the_rest_when_due()
    {
        for (int count = 0; count < QueueMachine.DisposalsPerCommand + 500; count++)
            Publish();
        Configure(new QueueSettings { MaxLength = 100 });
        Assert.Equal(500, _machine.ReadyCount);
        Assert.True(_machine.NextDueMs <= 0);
        _machine.Tick(0);
        Assert.Equal(100, _machine.ReadyCount);
        Assert.Equal(long.MaxValue, _machine.NextDueMs);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_long_queue_keeps_its_order_as_it_grows_and_shrinks(int seed)
    {
        var random = new Random(seed);
        long next = 1;
        for (int round = 0; round < 40; round++)
        {
            for (int count = random.Next(3000); count > 0; count--)
                Publish();
            for (int count = Math.Min(random.Next(3000), _machine.ReadyCount); count > 0; count--)
                Assert.Equal(next++, Get().Position);
        }
        while (_machine.ReadyCount > 0)
            Assert.Equal(next++, Get().Position);
    }

    [Fact]
    public void Returned_messages_keep_their_order_however_they_come_back()
    {
        const int Count = 5000;
        for (int count = 0; count < Count; count++)
            Publish();
        var deliveries = new List<(int Slot, long Position)>();
        for (int count = 0; count < Count - 10; count++)
            deliveries.Add(Get());
        new Random(1).Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(deliveries));
        foreach ((int slot, long position) in deliveries)
            _machine.Reject(slot, position, requeue: true, 0);
        for (long position = 1; position <= Count; position++)
            Assert.Equal(position, Get().Position);
    }

    [Fact]
    public void Moving_messages_shows_each_one_that_is_held()
    {
        for (int count = 0; count < 2000; count++)
            Publish();
        (int Slot, long Position) returned = Get();
        Get();
        _machine.Reject(returned.Slot, returned.Position, requeue: true, 0);
        var elsewhere = new Slab(new byte[64], null);
        int shown = 0;
        _machine.Stored.Rehome((ref Message message) =>
        {
            Assert.Same(_slab, message.Slab);
            message = new Message(elsewhere, 0, 2, 0, 0);
            shown++;
        });
        Assert.Equal(2000, shown);
        _machine.Close(null, false, false, CloseReason.Deleted, 0);
        Assert.Equal(2000, _effects.Span[^1].References);
        Assert.Same(elsewhere, _effects.Span[^1].Slab);
    }

    [Fact]
    public void Totals_tell_what_happened()
    {
        Configure(new QueueSettings { MaxLength = 2 });
        for (int count = 0; count < 3; count++)
            Publish();
        (int Slot, long Position) first = Get();
        _machine.Reject(first.Slot, first.Position, requeue: true, 0);
        first = Get();
        (int Slot, long Position) second = Get();
        _machine.Get("get", noAck: true, 0);
        _machine.Settle(first.Slot, first.Position, 0);
        _machine.Reject(second.Slot, second.Position, requeue: false, 0);
        QueueTotals totals = _machine.Totals;
        Assert.Equal((3, 1, 3, 1), (totals.Published, totals.MaxLength, totals.Got, totals.GotEmpty));
        Assert.Equal((1, 1, 1, 1), (totals.Returned, totals.Redelivered, totals.Acked, totals.Rejected));
    }

    /// <summary>One message in, the one delivered last settled: the queue keeps its length.</summary>
    private void RunRounds(Consumer consumer, int rounds)
    {
        for (int round = 0; round < rounds; round++)
        {
            Publish();
            ReadOnlySpan<QueueEffect> effects = _effects.Span;
            int last = effects.Length - 1;
            while (effects[last].Kind != QueueEffectKind.Deliver)
                last--;
            (int slot, long position) = (effects[last].Slot, effects[last].Position);
            _effects.Clear();
            _machine.Written(consumer, 1, 2, 0);
            _machine.Settle(slot, position, 0);
        }
    }

    private void Publish()
    {
        var message = new Message(_slab, 0, 2, 0, 0);
        _machine.Publish(in message, -1, 0, PublishFlags.None, default, 0);
    }

    private (int Slot, long Position) Get()
    {
        _effects.Clear();
        _machine.Get("get", noAck: false, 0);
        return (_effects.Span[^1].Slot, _effects.Span[^1].Position);
    }

    private void Configure(QueueSettings settings) => _machine.Configure(settings, 0);
}
