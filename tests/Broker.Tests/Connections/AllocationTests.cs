using System.Buffers.Binary;
using Warren.Amqp;
using Warren.Broker.Tests.Remote;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Connections;

/// <summary>
/// A message goes through socket, queue and socket without garbage, its acknowledgement and its confirm too. Whole
/// connections, over memory: everything but the system calls.
/// </summary>
/// <remarks>
/// Counted are the bytes of all threads of the process, both clients included. The budget is below one byte for each of
/// 100,000 messages: what is left is what the runtime makes for itself; the publisher stays near the consumer, so that
/// the queue and its arrays do not grow. One object for each message would be 24 at least, and one for each of the
/// clients' batches of a hundred would still be a quarter.
/// </remarks>
[Collection(nameof(AllocationTests))]
[CollectionDefinition(nameof(AllocationTests), DisableParallelization = true)]
public sealed class AllocationTests : IAsyncDisposable
{
    private const int Messages = 100_000;
    private const int Batch = 100;

    /// <summary>How far the publisher may be ahead: with a queue that grows without bound so do its arrays.</summary>
    private const int Window = 5000;

#if DEBUG
    // Without optimization the compiler makes an object of every asynchronous method's state.
    private const double BudgetBytes = 20;
#else
    private const double BudgetBytes = 0.2;
#endif

    /// <summary>By another node there are two links' heartbeats as well, and more turns to be unlucky with.</summary>
    private const double RemoteBudgetBytes = BudgetBytes * 5;

    /// <summary>
    /// Until everything is compiled and has grown to its size, and on a busy machine until the publisher has been lucky
    /// with its turns: what a message costs by itself it costs in every attempt.
    /// </summary>
    private const int Attempts = 100;

    private readonly BrokerHost _host = new();
    private long _received;

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Theory]
    [InlineData(16, true, false)]
    [InlineData(16, true, true)]
    [InlineData(16, false, false)]
    [InlineData(16, false, true)]
    [InlineData(1024, true, false)]
    [InlineData(1024, false, true)]
    public async Task A_message_on_its_way_allocates_nothing(int bodyBytes, bool noAck, bool confirms)
    {
        double lowest = await MeasureAsync(_host, bodyBytes, noAck, confirms, Attempts, static () => { });
        Assert.True(lowest <= BudgetBytes, $"{lowest} bytes for each message");
    }

    /// <summary>The way to a queue on another node and back, both nodes' brokers and links.</summary>
    [Theory]
    [InlineData(16, true, false)]
    [InlineData(16, false, true)]
    [InlineData(1024, false, true)]
    public async Task A_message_by_another_node_allocates_nothing(int bodyBytes, bool noAck, bool confirms)
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        await cluster.DeclareAsync(1, "q");
        double lowest = await MeasureAsync(
            cluster.Nodes[0].Host, bodyBytes, noAck, confirms, Attempts, static () => { }, RemoteBudgetBytes);
        Assert.True(lowest <= RemoteBudgetBytes, $"{lowest} bytes for each message");
        await cluster.Holds(1, "q", ready: 0, unacked: 0);
    }

    /// <summary>The measure sees what is beyond the budget: one small object for each batch.</summary>
    [Fact]
    public async Task What_is_allocated_for_each_batch_is_seen()
    {
        double lowest = await MeasureAsync(
            _host, 16, noAck: true, confirms: false, attempts: 12,
            static () => GC.KeepAlive(new byte[(int)(BudgetBytes * Batch)]));
        Assert.True(lowest > BudgetBytes, $"{lowest} bytes for each message");
    }

    // Bytes for each message, at the best attempt; every batch does something more.
    private async Task<double> MeasureAsync(
        BrokerHost host, int bodyBytes, bool noAck, bool confirms, int attempts, Action more,
        double? remoteBudgetBytes = null)
    {
        Link publisher = await host.ConnectWithChannelAsync();
        if (remoteBudgetBytes is null)
            await publisher.Client.DeclareAsync(1, "q");
        if (confirms)
            await publisher.Client.CallAsync(1, new ConfirmSelect(noWait: false), MethodId.ConfirmSelectOk);
        Link consumer = await host.ConnectWithChannelAsync();
        await consumer.Client.PrefetchAsync(1, 1000);
        await consumer.Client.ConsumeAsync(1, "q", "c", noAck);
        byte[] body = new byte[bodyBytes];
        for (int count = 0; count < Batch; count++)
            publisher.Client.AddPublish(1, "", "q", body);
        byte[] publishes = publisher.Client.TakeAdded();
        int deliveryBytes = FrameWriter.MethodFrameBytes(new BasicDeliver("c", 1, false, "", "q"))
            + FrameWriter.HeaderFrameBytes([0, 0]) + bodyBytes + FrameSize.OverheadBytes;
        var ack = noAck ? null : new AckWriter(consumer);
        var confirmed = confirms ? new ConfirmReader(publisher) : null;
        byte[] buffer = new byte[64 * 1024];

        double lowest = double.MaxValue;
        for (int attempt = 1; attempt <= attempts && lowest > (remoteBudgetBytes ?? BudgetBytes); attempt++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            Volatile.Write(ref _received, 0);
            Task writing = WriteAsync(publisher, publishes, more);
            Task confirming = confirmed?.ReadAsync((ulong)attempt * Messages) ?? Task.CompletedTask;
            await ReadAsync(consumer, buffer, deliveryBytes, ack);
            await writing;
            await confirming;
            long allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
            lowest = Math.Min(lowest, (double)allocated / Messages);
        }
        if (remoteBudgetBytes is null)
            await host.QueueHolds("q", 0, 0);
        return lowest;
    }

    private async Task WriteAsync(Link publisher, byte[] publishes, Action more)
    {
        for (int sent = 0; sent < Messages; sent += Batch)
        {
            while (sent - Volatile.Read(ref _received) > Window)
                await Task.Yield();
            more();
            await publisher.Wire.Client.WriteAsync(publishes);
        }
    }

    private async Task ReadAsync(Link consumer, byte[] buffer, int deliveryBytes, AckWriter? ack)
    {
        long expected = (long)Messages * deliveryBytes;
        long received = 0;
        ulong acked = 0;
        while (received < expected)
        {
            received += await consumer.Wire.Client.ReadAsync(buffer);
            ulong whole = (ulong)(received / deliveryBytes);
            Volatile.Write(ref _received, (long)whole);
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

    /// <summary>Reads basic.ack after basic.ack, out of one buffer. One queue confirms in order.</summary>
    private sealed class ConfirmReader(Link link)
    {
        private static readonly int AckBytes = FrameWriter.MethodFrameBytes(new BasicAck(1, multiple: true));

        private readonly byte[] _buffer = new byte[AckBytes * 1024];
        private int _filled;
        private ulong _confirmed;

        public async Task ReadAsync(ulong count)
        {
            while (_confirmed < count)
            {
                _filled += await link.Wire.Client.ReadAsync(_buffer.AsMemory(_filled));
                int whole = _filled / AckBytes * AckBytes;
                int last = whole - AckBytes;
                if (whole > 0)
                    _confirmed = BinaryPrimitives.ReadUInt64BigEndian(_buffer.AsSpan(last + FrameSize.HeaderBytes + 4));
                _buffer.AsSpan(whole, _filled - whole).CopyTo(_buffer);
                _filled -= whole;
            }
        }
    }
}
