using System.Buffers.Binary;
using Warren.Amqp;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Connections;

/// <summary>
/// Consumes and gets, settles in every way that there is, and ends its channels and connections with deliveries in
/// hand, unread, and on their way.
/// </summary>
internal sealed class LedgerConsumer(BrokerHost host, Ledger ledger, string[] queues, Random random)
{
    private readonly SortedDictionary<ulong, (string Queue, long Number)> _held = [];
    private readonly List<(string Queue, long Number)> _settledUnknown = [];
    private readonly Dictionary<string, string> _consumers = [];
    private string _gotFrom = "";
    private Link _link = null!;

    public async Task RunAsync(Func<bool> isOver, int minimumRounds)
    {
        await ConnectAsync();
        for (int round = 0; round < minimumRounds || !isOver(); round++)
        {
            SettleSome();
            await SyncAsync();
            await EndSomehowAsync();
        }
        GiveAllBack();
        await CloseConnectionAsync();
    }

    private async Task ConnectAsync()
    {
        _link = await host.ConnectAsync(new Login { FrameMax = 4096 }, capacityBytes: 1 << random.Next(10, 18));
        await OpenChannelAsync();
    }

    private async Task OpenChannelAsync()
    {
        _held.Clear();
        _settledUnknown.Clear();
        _consumers.Clear();
        await _link.Client.OpenChannelAsync(1);
        ushort[] prefetches = [0, 1, 5, 100];
        await _link.Client.PrefetchAsync(1, prefetches[random.Next(prefetches.Length)]);
        for (int count = random.Next(1, 3); count > 0; count--)
        {
            string queue = queues[random.Next(queues.Length)];
            string tag = $"c{_consumers.Count}";
            _consumers.Add(tag, queue);
            await _link.Client.SendAsync(1, WireClient.Consume(queue, tag, noAck: false, noWait: false));
            await ReadUntilAsync(MethodId.BasicConsumeOk);
        }
    }

    private async Task SyncAsync()
    {
        (string Queue, long Number)[] known = [.. _settledUnknown];
        if (random.Next(3) == 0)
        {
            _gotFrom = queues[random.Next(queues.Length)];
            await _link.Client.SendAsync(1, new BasicGet(_gotFrom, noAck: false));
            await ReadUntilAsync(MethodId.BasicGetOk, MethodId.BasicGetEmpty);
        }
        else
        {
            await _link.Client.SendAsync(1, new BasicQos(0, (ushort)random.Next(100), global: false));
            await ReadUntilAsync(MethodId.BasicQosOk);
        }
        foreach ((string queue, long number) in known)
            ledger.KnowSettled(queue, number);
        _settledUnknown.RemoveRange(0, known.Length);
    }

    private async Task ReadUntilAsync(uint method, uint other = 0)
    {
        while (true)
        {
            Received received = await _link.Client.NextAsync();
            if (received.Method == MethodId.BasicDeliver)
                Hold(_consumers[received.ConsumerTag], received);
            else if (received.Method == MethodId.BasicGetOk)
                Hold(_gotFrom, received);
            if (received.Method == method || (other != 0 && received.Method == other))
                return;
            if (received.Method != MethodId.BasicDeliver)
                Assert.Fail($"unexpected: {received}");
        }
    }

    private void Hold(string queue, Received received)
    {
        long number = BinaryPrimitives.ReadInt64BigEndian(received.Body);
        ledger.Deliver(queue, number, received.IsRedelivered);
        _held.Add(received.DeliveryTag, (queue, number));
    }

    private void SettleSome()
    {
        for (int count = random.Next(0, 12); count > 0 && _held.Count > 0; count--)
        {
            ulong tag = _held.Keys.ElementAt(random.Next(_held.Count));
            bool multiple = random.Next(6) == 0;
            ulong[] tags = multiple ? [.. _held.Keys.TakeWhile(key => key <= tag)] : [tag];
            bool givesBack = random.Next(3) == 0;
            foreach (ulong each in tags)
            {
                (string queue, long number) = _held[each];
                _held.Remove(each);
                if (givesBack)
                    ledger.GiveBack(queue, number);
                else
                    Settle(queue, number);
            }
            if (givesBack)
                _link.Client.Add(1, new BasicNack(tag, multiple, requeue: true));
            else if (!multiple && random.Next(2) == 0)
                _link.Client.Add(1, new BasicReject(tag, requeue: false));
            else
                _link.Client.Add(1, new BasicAck(tag, multiple));
        }
    }

    private void Settle(string queue, long number)
    {
        ledger.Settle(queue, number);
        _settledUnknown.Add((queue, number));
    }

    private void GiveAllBack()
    {
        foreach ((string queue, long number) in _held.Values)
            ledger.GiveBack(queue, number);
        _held.Clear();
    }

    private async Task EndSomehowAsync()
    {
        switch (random.Next(16))
        {
            case 0 or 1:
                GiveAllBack();
                await CloseChannelAsync(byMistake: random.Next(2) == 0);
                break;
            case 2:
                GiveAllBack();
                await CloseConnectionAsync();
                await ConnectAsync();
                break;
            case 3:
                GiveAllBack();
                await _link.CutAsync();
                await ConnectAsync();
                break;
            case 4:
                await CancelAsync();
                break;
            default:
                break;
        }
    }

    // What is delivered after the close was sent was never seen by the one who consumes.
    private async Task CloseChannelAsync(bool byMistake)
    {
        if (byMistake)
            _link.Client.Add(1, new QueueDeclare("", passive: true, false, false, false, false, FieldTable.Empty));
        else
            _link.Client.Add(1, new ChannelClose(200, "bye", 0, 0));
        await _link.Client.FlushAsync();
        uint awaited = byMistake ? MethodId.ChannelClose : MethodId.ChannelCloseOk;
        for (Received received = Received.Heartbeat; received.Method != awaited;)
        {
            received = await _link.Client.NextAsync();
            if (received.Method != MethodId.BasicDeliver && received.Method != awaited)
                Assert.Fail($"unexpected: {received}");
        }
        if (byMistake)
            _link.Client.Add(1, new ChannelCloseOk());
        await OpenChannelAsync();
    }

    private async Task CloseConnectionAsync()
    {
        await _link.Client.SendAsync(0, new ConnectionClose(200, "bye", 0, 0));
        while ((await _link.Client.NextAsync()).Method != MethodId.ConnectionCloseOk)
        {
        }
        _link.Client.EndWriting();
        await _link.Client.ExpectEndAsync();
        await _link.Served.WaitAsync(Eventually.Patience);
    }

    private async Task CancelAsync()
    {
        string tag = _consumers.Keys.First();
        await _link.Client.SendAsync(1, new BasicCancel(tag, noWait: false));
        await ReadUntilAsync(MethodId.BasicCancelOk);
        await _link.Client.SendAsync(1, WireClient.Consume(_consumers[tag], tag, noAck: false, noWait: false));
        await ReadUntilAsync(MethodId.BasicConsumeOk);
    }
}
