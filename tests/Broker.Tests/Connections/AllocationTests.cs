using Warren.Amqp;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Connections;

/// <summary>
/// A message goes through socket, queue and socket without garbage. Whole connections, over memory: everything but the
/// system calls.
/// </summary>
/// <remarks>
/// The budget, in bytes of the whole process (both clients included) for each of 100,000 messages: the arrays that grow
/// while a queue gets longer than ever before, and what the runtime makes for itself (tiered code, threads of the
/// pool). One object for each message would be 24 at least; one for each batch, some hundred for each message's share.
/// </remarks>
[Collection(nameof(AllocationTests))]
[CollectionDefinition(nameof(AllocationTests), DisableParallelization = true)]
public sealed class AllocationTests : IAsyncDisposable
{
    private const int Messages = 100_000;
    private const int Batch = 100;
    private const double BudgetBytes = 4;

    private readonly BrokerHost _host = new();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Theory]
    [InlineData(16, true)]
    [InlineData(16, false)]
    [InlineData(1024, true)]
    [InlineData(1024, false)]
    public async Task A_message_on_its_way_allocates_nothing(int bodyBytes, bool noAck)
    {
        Link publisher = await _host.ConnectWithChannelAsync();
        await publisher.Client.DeclareAsync(1, "q");
        Link consumer = await _host.ConnectWithChannelAsync();
        await consumer.Client.PrefetchAsync(1, 1000);
        await consumer.Client.ConsumeAsync(1, "q", "c", noAck);
        byte[] body = new byte[bodyBytes];
        for (int count = 0; count < Batch; count++)
            publisher.Client.AddPublish(1, "", "q", body);
        byte[] publishes = publisher.Client.TakeAdded();
        int deliveryBytes = FrameWriter.MethodFrameBytes(new BasicDeliver("c", 1, false, "", "q"))
            + FrameWriter.HeaderFrameBytes([0, 0]) + bodyBytes + FrameSize.OverheadBytes;
        var ack = new AckWriter(consumer);

        // Until everything is compiled and has grown to its size: the arrays are as large as the longest queue so far.
        double lowest = double.MaxValue;
        for (int attempt = 0; attempt < 8 && lowest > BudgetBytes; attempt++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            Task writing = WriteAsync(publisher, publishes);
            await ReadAsync(consumer, deliveryBytes, noAck ? null : ack);
            await writing;
            long allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
            lowest = Math.Min(lowest, (double)allocated / Messages);
        }
        Assert.True(lowest <= BudgetBytes, $"{lowest} bytes for each message");
        await _host.QueueHolds("q", 0, 0);
    }

    private static async Task WriteAsync(Link publisher, byte[] publishes)
    {
        for (int sent = 0; sent < Messages; sent += Batch)
            await publisher.Wire.Client.WriteAsync(publishes);
    }

    private static async Task ReadAsync(Link consumer, int deliveryBytes, AckWriter? ack)
    {
        byte[] buffer = new byte[64 * 1024];
        long expected = (long)Messages * deliveryBytes;
        long received = 0;
        ulong acked = 0;
        while (received < expected)
        {
            received += await consumer.Wire.Client.ReadAsync(buffer);
            ulong whole = (ulong)(received / deliveryBytes);
            if (ack is null || whole < acked + Batch)
                continue;
            acked = whole;
            await ack.WriteAsync(acked);
        }
        Assert.Equal(expected, received);
        if (ack is not null)
            await ack.EndAsync(acked, Messages);
    }

    /// <summary>basic.ack with multiple, into one buffer.</summary>
    private sealed class AckWriter(Link link)
    {
        private readonly byte[] _frame = new byte[64];
        private ulong _before;

        public ValueTask WriteAsync(ulong count)
        {
            int written = FrameWriter.WriteMethod(_frame, 1, new BasicAck(_before + count, multiple: true));
            return link.Wire.Client.WriteAsync(_frame.AsMemory(0, written));
        }

        /// <summary>Acknowledges the last; the next attempt's tags go on from there.</summary>
        public async Task EndAsync(ulong acked, ulong count)
        {
            if (acked < count)
                await WriteAsync(count);
            _before += count;
        }
    }
}
