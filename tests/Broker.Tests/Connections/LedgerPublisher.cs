using System.Buffers.Binary;
using Warren.Amqp;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Connections;

/// <summary>Publishes with confirms, and ends its channels and connections at every moment that there is.</summary>
internal sealed class LedgerPublisher(BrokerHost host, Ledger ledger, string[] queues, int index, Random random)
{
    /// <summary>What goes to all queues goes there.</summary>
    public const string Fanout = "amq.fanout";

    private readonly SortedDictionary<ulong, string?> _unconfirmed = [];
    private readonly Dictionary<ulong, long> _numbers = [];
    private long _next = ((long)index << 32) + 1;
    private ulong _sequence;
    private Link _link = null!;

    public async Task RunAsync(int batches)
    {
        await ConnectAsync();
        for (int batch = 0; batch < batches; batch++)
        {
            for (int count = random.Next(1, 30); count > 0; count--)
                AddMessage();
            await FlushWhileReadingAsync();
            await EndSomehowAsync();
        }
        await ReadConfirmsAsync();
        await _link.Client.CloseAsync();
    }

    private async Task ConnectAsync()
    {
        _link = await host.ConnectAsync(new Login { FrameMax = 4096 }, capacityBytes: 1 << random.Next(12, 18));
        await OpenChannelAsync();
    }

    private async Task OpenChannelAsync()
    {
        _sequence = 0;
        _unconfirmed.Clear();
        _numbers.Clear();
        await _link.Client.OpenChannelAsync(1);
        await _link.Client.CallAsync(1, new ConfirmSelect(noWait: false), MethodId.ConfirmSelectOk);
    }

    private void AddMessage()
    {
        byte[] body = new byte[random.Next(4) == 0 ? random.Next(8, 20_000) : random.Next(8, 100)];
        BinaryPrimitives.WriteInt64BigEndian(body, _next);
        string? queue = random.Next(4) == 0 ? null : queues[random.Next(queues.Length)];
        foreach (string target in queue is null ? queues : [queue])
            ledger.Publish(target, _next);
        _unconfirmed.Add(++_sequence, queue);
        _numbers.Add(_sequence, _next++);
        _link.Client.AddPublish(1, queue is null ? Fanout : "", queue ?? "", body);
    }

    // A client that only writes would wait for a server that waits for it.
    private async Task FlushWhileReadingAsync()
    {
        Task flush = _link.Client.FlushInBackground();
        while (!flush.IsCompleted && _unconfirmed.Count > 0)
            Take(await _link.Client.NextAsync());
        await flush.WaitAsync(Eventually.Patience);
    }

    private async Task ReadConfirmsAsync()
    {
        while (_unconfirmed.Count > 0)
            Take(await _link.Client.NextAsync());
    }

    private void Take(Received received)
    {
        if (received.Method != MethodId.BasicAck)
            Assert.Fail($"a confirm was expected, {received} came");
        ulong sequence = received.Sequence;
        foreach (ulong each in _unconfirmed.Keys.TakeWhile(key => key <= sequence).ToArray())
        {
            if (each != sequence && !received.IsMultiple)
                continue;
            string? queue = _unconfirmed[each];
            foreach (string target in queue is null ? queues : [queue])
                ledger.Confirm(target, _numbers[each]);
            _unconfirmed.Remove(each);
        }
    }

    private async Task EndSomehowAsync()
    {
        switch (random.Next(12))
        {
            case 0:
                await ReadConfirmsAsync();
                break;
            case 1 or 2:
                await CloseChannelAsync();
                break;
            case 3:
                await _link.CutAsync();
                await ConnectAsync();
                break;
            case 4 or 5:
                await CutInContentAsync();
                break;
            default:
                break;
        }
    }

    // After close-ok nothing may come for the channel: the next thing is the answer of the connection's close, or of
    // the channel that is opened anew.
    private async Task CloseChannelAsync()
    {
        await _link.Client.SendAsync(1, new ChannelClose(200, "bye", 0, 0));
        while (true)
        {
            Received received = await _link.Client.NextAsync();
            if (received.Method == MethodId.ChannelCloseOk)
                break;
            Take(received);
        }
        await OpenChannelAsync();
    }

    private async Task CutInContentAsync()
    {
        AddMessage();
        byte[] bytes = _link.Client.TakeAdded();
        Task sent = _link.Client.AddRaw(bytes.AsSpan(0, random.Next(bytes.Length))).FlushInBackground();
        // If the wire takes it, let the server read it first; if not, cut it in the middle all the same.
        await Task.WhenAny(sent, Task.Delay(random.Next(3)));
        await _link.CutAsync();
        await ConnectAsync();
    }
}
